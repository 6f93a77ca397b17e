// The framework's script tells the circuit's state by an event (.NET 10) or only by a class on the banner (.NET 9): both are heard.
const banner = document.getElementById('components-reconnect-modal');
const rejected = 'components-reconnect-rejected';
const failed = 'components-reconnect-failed';

function onState() {
  // The server is back and has forgotten this circuit: only a fresh page helps, and pages keep what matters in address and storage.
  if (banner.classList.contains(rejected)) {
    location.reload();
  }
}

async function reconnect() {
  const known = await Blazor.reconnect().catch(() => undefined);
  if (known === false) {
    location.reload();
  }
}

banner.addEventListener('components-reconnect-state-changed', event => {
  if (event.detail.state === 'rejected') {
    location.reload();
  }
});
new MutationObserver(onState).observe(banner, { attributeFilter: ['class'] });
banner.querySelector('[data-reconnect]').addEventListener('click', reconnect);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && banner.classList.contains(failed)) {
    reconnect();
  }
});
