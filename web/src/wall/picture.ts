export async function savePicture(_wall: unknown, _kind: 'png' | 'svg'): Promise<void> {}
