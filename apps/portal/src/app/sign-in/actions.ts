"use server";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { container } from "../../server/deps.ts";

/** Ends the session in the database and takes its cookie back. Safe to call without one. */
export async function signOutAction(): Promise<void> {
  const { auth } = await container();
  await auth.api.signOut({ headers: await headers() });
  redirect("/sign-in?signed-out=1");
}
