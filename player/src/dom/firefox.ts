/** By a property that no other engine has. */
export const isFirefox = (video: HTMLVideoElement): boolean => 'mozCaptureStream' in video;
