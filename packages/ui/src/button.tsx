import { clsx } from "clsx";
import type { ComponentProps } from "react";

export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger";

export interface ButtonLook {
  variant?: ButtonVariant;
  /** `touch` is 44 px high, for what is decided on a phone. */
  size?: "small" | "normal" | "touch";
}

const variants: Record<ButtonVariant, string> = {
  primary: "bg-accent-fill text-on-fill hover:bg-accent-fill-hover",
  danger: "bg-danger-fill text-on-fill hover:bg-danger-fill-hover",
  secondary: "border border-control bg-card text-text hover:bg-hover",
  ghost: "text-text hover:bg-hover",
};

const sizes = {
  small: "h-7 px-2 text-sm",
  normal: "h-9 px-3 text-base",
  touch: "h-11 px-4 text-base",
};

/** The looks of a button, for a link that is one: `<Link className={buttonClass()}>`. */
export function buttonClass({ variant = "secondary", size = "normal" }: ButtonLook = {}): string {
  return clsx(
    "inline-flex select-none items-center justify-center gap-2 whitespace-nowrap rounded-card font-medium",
    "transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-60",
    variants[variant],
    sizes[size],
  );
}

export function Button({ variant, size, className, type = "button", ...props }: ComponentProps<"button"> & ButtonLook) {
  return (
    <button
      type={type}
      className={clsx(buttonClass({ ...(variant && { variant }), ...(size && { size }) }), className)}
      {...props}
    />
  );
}

/** A square button with a picture; the label is read out and shown on hover. */
export function IconButton({ label, className, ...props }: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={clsx(
        "inline-flex size-8 shrink-0 items-center justify-center rounded-card text-muted hover:bg-hover hover:text-text",
        className,
      )}
      {...props}
    />
  );
}
