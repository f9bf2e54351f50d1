/** Every bound of what is kept of the definitions of others, with its reason. */
export const limits = {
  /** Of one server; those of the largest known have some hundreds. What is beyond cannot be told from a new one. */
  maxTools: 2_000,
  /** Of the list that is asked for before a call: hostile lists do not end. */
  maxPages: 100,
  /** A name is in every line of the file and of the log; those that hosts take have 64 characters. */
  maxNameLength: 256,
  /** Of one definition, as canonical JSON. Of a larger one the hash alone is kept, and a change is said without a diff. */
  maxDefinitionChars: 65_536,
  /** Of the definitions of one server together, so that its file stays below `maxFileBytes`. */
  maxKeptChars: 1_048_576,
  /** A file that is larger is none of ours. */
  maxFileBytes: 4_194_304,
  /** A server that shows something else each time must not fill a log. */
  maxDiffs: 20,
  maxDiffLines: 60,
} as const;
