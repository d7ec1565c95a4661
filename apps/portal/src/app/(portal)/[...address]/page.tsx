import { notFound } from "next/navigation";

/** Any other address: the frame stays, so that the way on is one click. */
export default function UnknownPage() {
  notFound();
}
