import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { IconButton } from "./button.tsx";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  /** Buttons; the main one last. */
  readonly foot?: ReactNode;
  /** Closing is not offered: the person must choose. */
  readonly firm?: boolean;
  readonly role?: "dialog" | "alertdialog";
  readonly children: ReactNode;
}

/** A dialog over the page; open while it is drawn. Comes from the bottom on phones. */
export function Dialog({ title, onClose, wide, foot, firm, role = "dialog", children }: DialogProps) {
  return (
    <ModalOverlay
      className="scrim"
      isOpen
      isDismissable={!firm}
      isKeyboardDismissDisabled={firm ?? false}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={`modal ${wide ? "wide" : ""}`}>
        <AriaDialog className="dialog" role={role}>
          <header className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            {firm ? null : <IconButton icon={X} label="Close" small onPress={onClose} />}
          </header>
          <div className="dialog-body">{children}</div>
          {foot ? <footer className="dialog-foot">{foot}</footer> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
