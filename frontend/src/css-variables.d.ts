import "react";

declare module "react" {
  // Style properties may carry our own variables.
  // eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- an interface merges, a record cannot
  interface CSSProperties {
    [variable: `--${string}`]: string | number | undefined;
  }
}
