import type { LucideIcon } from "lucide-react";
import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";

export type ButtonLook = "primary" | "secondary" | "quiet" | "danger" | "danger solid";

interface ButtonProps extends Omit<AriaButtonProps, "className" | "children" | "style"> {
  readonly look?: ButtonLook;
  readonly small?: boolean;
  readonly icon?: LucideIcon;
  readonly children?: ReactNode;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. */
export function Button({
  look = "quiet",
  small,
  icon: Icon,
  children,
  className = "",
  ...rest
}: ButtonProps) {
  return (
    <AriaButton {...rest} className={`button ${look} ${small ? "small" : ""} ${className}`}>
      {Icon && <Icon className="icon" aria-hidden />}
      {children}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  readonly icon: LucideIcon;
  /** Says what it does, to screen readers and on hover. */
  readonly label: string;
  /** Shortcut shown after the label. */
  readonly keys?: string;
}

/** A button with an icon alone; its label shows on hover and focus. */
export function IconButton({
  icon: Icon,
  label,
  keys,
  look = "quiet",
  small,
  className = "",
  ...rest
}: IconButtonProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={60}>
      <AriaButton
        {...rest}
        aria-label={label}
        className={`button icon-only ${look} ${small ? "small" : ""} ${className}`}
      >
        <Icon className="icon" aria-hidden />
      </AriaButton>
      <Hint>{keys ? `${label} (${keys})` : label}</Hint>
    </TooltipTrigger>
  );
}

/** The words of a tooltip; stands behind its trigger inside a `TooltipTrigger`. */
export function Hint({ children }: { readonly children: ReactNode }) {
  return (
    <Tooltip className="tooltip" offset={6}>
      {children}
    </Tooltip>
  );
}
