/**
 * Copies a text that is not there yet. Where the page may not use the clipboard, the text is saved as a file.
 * @returns what to tell the viewer
 */
export async function copyText(
  text: Promise<string>,
  fileName: string,
): Promise<'Copied' | 'Saved' | 'Failed'> {
  try {
    // Safari forgets the click while it waits, so the clipboard gets the promise.
    const blob = text.then((text) => new Blob([text], { type: 'text/plain' }));
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
    return 'Copied';
  } catch {
    return await text.then(
      (text) => save(text, fileName),
      () => 'Failed',
    );
  }
}

function save(text: string, fileName: string): 'Saved' {
  const link = document.createElement('a');
  link.download = fileName;
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return 'Saved';
}
