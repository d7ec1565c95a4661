"use client";

import { Dialog } from "@turnpike/ui";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { destinations } from "./destinations.ts";

const item =
  "flex min-h-10 cursor-pointer items-center gap-2 rounded-mark px-3 text-base data-[selected=true]:bg-accent-soft";
const group =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-sm";

/** Search that is also the list of commands. Arrow keys and Enter; Esc closes it. */
export function Palette({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const [services, setServices] = useState<readonly { name: string; owner: string }[]>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    fetch("/api/v1/services", { signal: leaving.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(`Services answered ${response.status}.`);
        const body = (await response.json()) as { services: { name: string; owner: string }[] };
        setServices(body.services);
      })
      .catch(() => {
        if (!leaving.signal.aborted) setFailed(true);
      });
    return () => leaving.abort();
  }, []);
  const go = (href: string) => {
    onClose();
    router.push(href);
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Search and commands" bare>
      <Command label="Search and commands" className="flex min-h-0 flex-col">
        <Command.Input
          placeholder="Service or page"
          className="h-12 w-full border-line border-b bg-transparent px-4 text-lg outline-none placeholder:text-muted"
        />
        <Command.List className="min-h-0 flex-1 overflow-y-auto p-1.5">
          <Command.Empty className="px-3 py-6 text-center text-muted">
            {failed ? "Services could not be read. Pages still work." : "Nothing by that name."}
          </Command.Empty>
          <Command.Group heading="Pages" className={group}>
            {destinations.map(({ href, label }) => (
              <Command.Item key={href} value={`page ${label}`} onSelect={() => go(href)} className={item}>
                {label}
              </Command.Item>
            ))}
          </Command.Group>
          {services && services.length > 0 && (
            <Command.Group heading="Services" className={group}>
              {services.slice(0, 500).map(({ name, owner }) => (
                <Command.Item
                  key={name}
                  value={name}
                  keywords={[owner]}
                  onSelect={() => go(`/services/${name}`)}
                  className={item}
                >
                  <span className="truncate font-mono text-sm">{name}</span>
                  <span className="ml-auto shrink-0 text-muted text-sm">{owner}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
