import { ActionIcon, Button, createTheme, localStorageColorSchemeManager, Modal, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef0fc",
  "#dadef8",
  "#b3bbf0",
  "#8a96e7",
  "#6776dd",
  "#4a5be0",
  "#3448c5",
  "#2b3cab",
  "#24328e",
  "#1c2770",
];

/** Mantine takes the surfaces of inputs, menus and dialogs in the dark from here; they match tokens.css. */
const dark: MantineColorsTuple = [
  "#e7e7ec",
  "#b8bac4",
  "#a5a7b3",
  "#8f919d",
  "#43454f",
  "#2a2b32",
  "#1c1d22",
  "#18191d",
  "#111215",
  "#0c0d0f",
];

export const theme = createTheme({
  colors: { ink, dark },
  primaryColor: "ink",
  primaryShade: { light: 6, dark: 5 },
  fontFamily: "var(--cs-font)",
  fontFamilyMonospace: "var(--cs-mono)",
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: "md", variant: "subtle", color: "gray" } }),
    // Locking the scroll would write a style element that carries no nonce.
    Modal: Modal.extend({ defaultProps: { transitionProps: { duration: 0 }, centered: true, lockScroll: false } }),
  },
});

/** `public/scheme.js` reads the same key before the first paint. */
export const schemeManager = localStorageColorSchemeManager({ key: "countersign-scheme" });

/** The nonce of this page. Read from the property: browsers hide the attribute from style sheets. */
export function pageNonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
}
