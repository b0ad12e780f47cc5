/// Why the engine refuses a model, an adapter or a piece of work.
public enum EngineError: Error, Hashable, Sendable {
    case tensorMissing(name: String)
    case tensorShape(name: String, found: [Int], expected: [Int])
    case vocabularyTooLarge(tokens: Int, rows: Int)
    case parameterCount(found: Int, expected: Int)
    case parameterNotFinite(index: Int)
    case adapterMisfit(matrix: String)
    case emptyPrompt
    case tokenOutOfRange(token: TokenID, vocabularySize: Int)
    case contextExceeded(tokens: Int, limit: Int)
    case samplingParameter(name: String, value: String, allowed: String)
    case logitsNotFinite
}

extension EngineError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tensorMissing(let name):
            "cannot use the model: it has no tensor \(name); choose a complete GGUF file"
        case .tensorShape(let name, let found, let expected):
            "cannot use the model: tensor \(name) has shape \(found), not \(expected); "
                + "choose a GGUF file whose metadata and tensors agree"
        case .vocabularyTooLarge(let tokens, let rows):
            "cannot use the model: its tokenizer has \(tokens) tokens, its embedding only \(rows) "
                + "rows; choose a GGUF file whose metadata and tensors agree"
        case .parameterCount(let found, let expected):
            "cannot make the adapter: it has \(found) parameters, not \(expected); "
                + "check that rank, target modules and base model are the adapter's own"
        case .parameterNotFinite(let index):
            "cannot make the adapter: parameter \(index) is not a finite number; "
                + "use an earlier checkpoint"
        case .adapterMisfit(let matrix):
            "cannot apply the adapter: its matrix \(matrix) does not fit the model; "
                + "use an adapter that was trained on this base model"
        case .emptyPrompt:
            "cannot continue an empty prompt: there is no token to predict from; "
                + "give at least one prompt token"
        case .tokenOutOfRange(let token, let vocabularySize):
            "cannot look up token \(token): the vocabulary has \(vocabularySize) tokens; "
                + "tokenize with this model's tokenizer"
        case .contextExceeded(let tokens, let limit):
            "cannot process \(tokens) tokens: the model's context holds \(limit); "
                + "shorten the prompt or the response"
        case .samplingParameter(let name, let value, let allowed):
            "cannot sample with \(name) \(value): it must be \(allowed); correct the setting"
        case .logitsNotFinite:
            "cannot sample a token: the logits are not finite numbers; "
                + "use another checkpoint, this one's adapter is unusable"
        }
    }
}
