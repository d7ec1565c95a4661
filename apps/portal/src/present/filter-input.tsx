"use client";

import { Input } from "@turnpike/ui";
import { Search } from "lucide-react";
import { useEffect, useRef } from "react";

const PAUSE_MS = 250;

/** A filter that submits its form when the person pauses; without scripts, Enter does. */
export function FilterInput({ name, value, label }: { name: string; value: string; label: string }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div className="relative min-w-40 max-w-80 flex-1">
      <Search size={16} aria-hidden className="absolute top-2.5 left-3 text-muted" />
      <Input
        name={name}
        type="search"
        defaultValue={value}
        aria-label={label}
        placeholder={label}
        className="pl-9"
        onChange={({ currentTarget }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => currentTarget.form?.requestSubmit(), PAUSE_MS);
        }}
      />
    </div>
  );
}
