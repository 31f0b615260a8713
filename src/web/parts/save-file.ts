/** Has the browser keep what is at an address as a file; the page stays where it is, whatever comes of it. */
export function saveFile(url: string, name = ''): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
