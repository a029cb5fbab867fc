// Package loginlog is the login log and the live trace: what the workers of a
// sign-in do, line by line, in a file and in memory.
//
// The rules of this room:
//
//   - The log takes facts, never text. It is free of secrets by what can get
//     into it, not by what is cut out of it. An Event is one of the list here. A
//     Fact is made by one of the functions here, each for a kind of thing that
//     is no secret: a host, a number, an id, a word out of a list of ours. There
//     is none for a text, and so none for what a server said, a person typed or
//     a token holds. The compiler holds that: neither has a field that another
//     room can reach, and a key or a literal word has to be a constant.
//     log/slog, whose attributes take anything, is used for its levels alone.
//   - A value that does not have the form of its kind is written as "other", or
//     not at all.
//   - The file is Codex's own, with Codex's lines in it: ours have their form,
//     and are appended whole. What is no ordinary file of the person's own is
//     left alone.
//   - It has an end: two files of a megabyte, and the last lines in memory.
//   - Nothing fails because a line could not be written. Trace.Err says so.
//   - It knows nothing of requests, workers or screens. Which event is told
//     when, and what an error comes to, is up to flows.
package loginlog
