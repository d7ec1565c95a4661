"use client";

import { Checkbox, Dialog, Kbd } from "@turnpike/ui";
import { destinations } from "./destinations.ts";

/** Every key there is, and the switch that turns the letters off. */
export function ShortcutList({
  off,
  onOff,
  onClose,
}: {
  off: boolean;
  onOff: (off: boolean) => void;
  onClose: () => void;
}) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Keyboard shortcuts">
      <div className="flex flex-col gap-4 overflow-y-auto px-5 py-4">
        <ul className="flex flex-col gap-2">
          <Keys keys={["Ctrl or ⌘", "K"]} does="Search and commands" />
          <Keys keys={["/"]} does="Search and commands" />
          {destinations.map(({ key, label }) => (
            <Keys key={key} keys={["g", key]} does={`Go to ${label}`} />
          ))}
          <Keys keys={["j"]} does="Next row" />
          <Keys keys={["k"]} does="Previous row" />
          <Keys keys={["e"]} does="Open or close what has the focus" />
          <Keys keys={["a"]} does="Approve the release on this page (asks first)" />
          <Keys keys={["?"]} does="This list" />
        </ul>
        <Checkbox label="Turn single letters off" checked={off} onChange={(event) => onOff(event.target.checked)} />
      </div>
    </Dialog>
  );
}

function Keys({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <li className="flex items-center justify-between gap-4">
      <span>{does}</span>
      <span className="flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </li>
  );
}
