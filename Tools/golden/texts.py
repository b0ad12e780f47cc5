"""Texts the goldens are computed on; written for this purpose."""

QUESTIONS = [
    "What is the capital of France, and what river runs through it?",
    "Explain in two sentences why the sky looks blue.",
    "Write a short poem about a lighthouse in winter.",
    "List three ways to save water at home.",
    "How does a bicycle stay upright?",
    "Translate 'good morning' into Spanish, German and Italian.",
    "What should I cook with potatoes, onions and two eggs?",
    "Describe the life of a honey bee.",
    "Give me a polite way to decline an invitation.",
    "Why do leaves change colour in autumn?",
    "Write a Python function that returns the n-th Fibonacci number.",
    "What is the difference between weather and climate?",
    "Tell me a story about a fox who could not sleep.",
    "How is glass made from sand?",
    "Explain how plants turn sunlight into food.",
    "Summarise the rules of chess for a beginner.",
    "How can I learn to play the guitar by myself?",
    "What does an operating system do?",
    "Name five rivers in Europe and the sea each flows into.",
    "Why is it important to sleep well?",
    "Tell me about the history of paper.",
    "How do I write a good letter of application?",
    "Describe a day at the beach for a small child.",
    "What are the advantages and disadvantages of living in a city?",
    "Write a JavaScript function that reverses a string, and explain it.",
    "Give me a plan for a week of healthy lunches.",
    "Explain how a refrigerator works.",
    "Compare cats and dogs as pets.",
    "Write a dialogue between a teacher and a pupil about volcanoes.",
    "How did people tell the time before clocks?",
    "What should I know before I adopt a rabbit?",
    "Explain the water cycle step by step.",
]

PAIRS = [
    ("Name a fruit.", "An apple is a fruit.", "I would rather not say anything about that topic."),
    ("Say hello.", "Hello! How can I help you today?", "Goodbye."),
    ("What is two plus two?", "Two plus two is four.", "Two plus two is five, or perhaps twenty-two."),
    ("Which season follows winter?", "Spring follows winter.", "Monday."),
    ("Is the sun a star?", "Yes. The sun is the star at the centre of our solar system.",
     "No, the sun is a large lamp."),
    ("Give me one tip for better sleep.", "Go to bed at the same time every day.",
     "There are many, many, many, many things that one could say about sleep."),
    ("What do cows eat?", "Cows eat grass, hay and other plants.", "Mostly fish and small stones."),
    ("Write one line about the sea.", "The sea keeps folding its blue letters and never sends them.",
     "Sea."),
]

PASSAGE = """The mill had stood beside the river for longer than anyone could remember. In spring the water ran
high and brown, and the wheel turned so fast that the miller's children counted its beats instead of sheep. In
August it hardly moved at all. An engineer who came through the valley in 1911 measured the flow at 0.42 cubic
metres a second, wrote the number into a small black book, and went away again. Years later his daughter found
the book: between sketches of bridges (some built, most not) stood the line "mill, good fall, ask again" and
nothing else. She asked again. The miller was dead, the wheel was rotten, but the fall was still good; by 1954 a
turbine no bigger than a kitchen table lit forty-one houses. `let power = 9.81 * flow * fall * efficiency`, her
grandson would write on a blackboard, and then: which of these four can a village change? The answers were always
the same three, and always in the same order. Was ist mit dem Wirkungsgrad? someone would ask from the back row,
and he would smile, because that was where the lesson began. Efficiency, he said, is where people hide."""
