// Draws in a shadow tree, so that the text that Blazor owns stays as it is.
const sameYear = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };

customElements.define('local-time', class extends HTMLElement {
  static observedAttributes = ['datetime'];

  attributeChangedCallback() {
    const moment = new Date(this.getAttribute('datetime'));
    const options = moment.getFullYear() === new Date().getFullYear() ? sameYear : { ...sameYear, year: 'numeric' };
    this.shadow ??= this.attachShadow({ mode: 'open' });
    this.shadow.textContent = moment.toLocaleString(undefined, options);
    this.title = moment.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }
});
