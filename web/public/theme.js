// Before the first paint: a visitor who chose a theme never sees the other one flash.
try {
  const theme = localStorage.getItem('topicast-theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked in this frame: the system's theme stays.
}
