/**
 * To be loaded before a server: on SIGUSR2 something throws and something is rejected where nothing catches it, and no
 * process can be started any more.
 */
process.on('SIGUSR2', () => {
  process.env.TOO_LARGE = 'x'.repeat(1_000_000);
  process.nextTick(() => {
    throw new Error('thrown on purpose');
  });
  void Promise.reject(new Error('rejected on purpose'));
});
