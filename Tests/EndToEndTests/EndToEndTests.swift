import Testing

/// The built programs, run as a person runs them.
///
/// Serialized: the tests start daemons and fill the processor; one at a time keeps each one's time its own.
@Suite(.serialized, .timeLimit(.minutes(4))) struct EndToEndTests {}
