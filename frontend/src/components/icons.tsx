import type { ReactNode } from "react";

function Icon({ children, size = 16 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const InboxIcon = () => (
  <Icon>
    <path d="M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.75h3l1-1.75H14" />
  </Icon>
);
export const GlassIcon = () => (
  <Icon>
    <path d="M3 2.5h10v11H3zM3 8l4-1 2 3 4-2.5M7 7l1-4.5M9 10l-1 3.5" />
  </Icon>
);
// A way around what stands in it.
export const ExceptionIcon = () => (
  <Icon>
    <path d="M8 8v5.5M2.5 11V8a5.5 5 0 0 1 11 0v3M11.5 9l2 2 2-2" />
  </Icon>
);
export const KeyIcon = () => (
  <Icon>
    <circle cx="5" cy="11" r="2.75" />
    <path d="m7 9 6-6M10.5 5.5l2 2" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="6" cy="5.5" r="2.5" />
    <path d="M1.5 13c0-2.8 2-4.5 4.5-4.5s4.5 1.7 4.5 4.5M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12 8.9c1.5.6 2.5 2.1 2.5 4.1" />
  </Icon>
);
export const LogIcon = () => (
  <Icon>
    <path d="M3 3h.01M3 8h.01M3 13h.01M6 3h7.5M6 8h7.5M6 13h7.5" />
  </Icon>
);
export const AwayIcon = () => (
  <Icon>
    <path d="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V4M10.5 2.5V4M6 9l4 3M10 9l-4 3" />
  </Icon>
);
export const BoardIcon = () => (
  <Icon>
    <path d="M2.5 3h3v10h-3zM6.5 3h3v7h-3zM10.5 3h3v4.5h-3z" />
  </Icon>
);
export const QueueIcon = () => (
  <Icon>
    <path d="M6.5 4h7M6.5 8h7M6.5 12h7M2.5 4h1M2.5 8h1M2.5 12h1" />
  </Icon>
);
export const RunIcon = () => (
  <Icon>
    <path d="M5 3.2v9.6L12.5 8z" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1z" />
  </Icon>
);
export const HelpIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <path d="M6.3 6.2a1.8 1.8 0 1 1 2.5 1.9c-.5.25-.8.6-.8 1.2M8 11.4v.1" />
  </Icon>
);
export const LeaveIcon = () => (
  <Icon>
    <path d="M6.5 2.5h-3v11h3M7 8h6.5M11 5.5 13.5 8 11 10.5" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon size={14}>
    <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon size={14}>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon size={14}>
    <path d="m6 3.5 4.5 4.5L6 12.5" />
  </Icon>
);
