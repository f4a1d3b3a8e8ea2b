// Unpacks what was compressed by DEFLATE (RFC 1951) and written as base64.

export async function inflateBytes(base64: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function inflateText(base64: string): Promise<string> {
  return new TextDecoder().decode(await inflateBytes(base64));
}
