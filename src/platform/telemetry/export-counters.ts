/** What is counted while scores are written to another server (LAPWING_REMOTE_WRITE_URL). */
export const EXPORT_COUNTERS = {
  remote_write_samples_sent: 'Samples written by remote write that the receiver took: five of each score.',
  remote_write_samples_refused:
    'Samples the receiver refused for good, such as ones older than what it has. They are not sent again.',
  remote_write_requests_failed:
    'Remote writes that failed and are tried again. Rises when the receiver is away, or refuses the key.',
} as const;
