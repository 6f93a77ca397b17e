// The package has no types of its own for the smaller build, which is the same but for subtitles, further sound tracks and encryption.
declare module 'hls.js/light' {
  export { default } from 'hls.js';
  export * from 'hls.js';
}
