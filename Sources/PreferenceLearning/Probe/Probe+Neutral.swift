extension Probe {
    /// Twenty-four everyday prompts with short plain answers, about nothing anyone would give
    /// feedback on.
    ///
    /// They ask for a sentence or two, so that an answer ends well before the gate's cap and a
    /// policy that forgets how to stop shows. Changing one makes figures incomparable with older
    /// rounds.
    public static let neutral: [Probe] = [
        Probe(
            prompt: "What is the capital of France?",
            continuation: "The capital of France is Paris."),
        Probe(
            prompt: "How many days are in a week?",
            continuation: "There are seven days in a week."),
        Probe(
            prompt: "What color do you get when you mix blue and yellow?",
            continuation: "Mixing blue and yellow gives green."),
        Probe(
            prompt: "Name the largest planet in our solar system.",
            continuation: "Jupiter is the largest planet in our solar system."),
        Probe(
            prompt: "What is 12 plus 30? Answer in one sentence.",
            continuation: "12 plus 30 equals 42."),
        Probe(
            prompt: "In one sentence, what does a thermometer measure?",
            continuation: "A thermometer measures temperature."),
        Probe(
            prompt: "Which ocean lies between Europe and North America?",
            continuation: "The Atlantic Ocean lies between Europe and North America."),
        Probe(
            prompt: "At what temperature does water freeze in degrees Celsius?",
            continuation: "Water freezes at 0 degrees Celsius."),
        Probe(
            prompt: "What do bees make?",
            continuation: "Bees make honey and wax."),
        Probe(
            prompt: "Give one word that means the opposite of hot.",
            continuation: "Cold."),
        Probe(
            prompt: "How many sides does a triangle have?",
            continuation: "A triangle has three sides."),
        Probe(
            prompt: "What is the first month of the year?",
            continuation: "January is the first month of the year."),
        Probe(
            prompt: "In one sentence, why do people use umbrellas?",
            continuation: "People use umbrellas to stay dry in the rain."),
        Probe(
            prompt: "Which animal is known for its long trunk?",
            continuation: "The elephant is known for its long trunk."),
        Probe(
            prompt: "What is the plural of the word child?",
            continuation: "The plural of child is children."),
        Probe(
            prompt: "Name a fruit that is usually red.",
            continuation: "An apple is usually red."),
        Probe(
            prompt: "How many minutes are there in an hour?",
            continuation: "There are 60 minutes in an hour."),
        Probe(
            prompt: "What gas do plants take in from the air?",
            continuation: "Plants take in carbon dioxide from the air."),
        Probe(
            prompt: "In one sentence, what is a library?",
            continuation: "A library is a place where people can read and borrow books."),
        Probe(
            prompt: "Which direction does the sun rise from?",
            continuation: "The sun rises in the east."),
        Probe(
            prompt: "Translate the word water into Spanish.",
            continuation: "The Spanish word for water is agua."),
        Probe(
            prompt: "What instrument has black and white keys?",
            continuation: "The piano has black and white keys."),
        Probe(
            prompt: "What is the next number after 9?",
            continuation: "The next number after 9 is 10."),
        Probe(
            prompt: "In one sentence, what is bread made from?",
            continuation: "Bread is made mainly from flour, water, and yeast."),
    ]
}
