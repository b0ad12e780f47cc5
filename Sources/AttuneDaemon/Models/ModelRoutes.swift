import ControlAPI
import Foundation
import LanguageModel

extension RouteTable {
    /// `/v1/models…`
    mutating func serveModels(_ daemon: Daemon) {
        serve(ControlRoutes.listModels) { _ in
            try await .value(Page(items: daemon.models.list()))
        }
        serve(ControlRoutes.addModel) { call in
            let addition = try await call.input()
            let report = try await daemon.models.add(path: addition.path, name: addition.name)
            // The first model is there to be used; nobody should have to say so.
            guard try await daemon.models.active() == nil else { return try .value(report) }
            return try await .value(daemon.useModel(report.name))
        }
        serve(ControlRoutes.useModel) { call in
            try await .value(daemon.useModel(call.parameter))
        }
        serve(ControlRoutes.verifyModel) { call in
            try await .value(daemon.models.verify(call.parameter))
        }
        serve(ControlRoutes.tokenize) { call in
            let order = try await call.input()
            let tokenizer = try await daemon.models.current().transformer.tokenizer
            return try .value(Tokenization(order, tokenizer))
        }
    }
}

extension Tokenization {
    fileprivate init(_ order: TokenizationOrder, _ tokenizer: Tokenizer) throws {
        let tokens: [TokenID]
        switch (order.text, order.tokens) {
        case (let text?, nil):
            tokens = tokenizer.encode(text, parsingSpecialTokens: order.special ?? false)
        case (nil, let given?):
            let range = 0..<TokenID(clamping: tokenizer.vocabularySize)
            if let bad = given.first(where: { !range.contains($0) }) {
                throw ControlError(
                    .invalidRequest,
                    "cannot decode token \(bad): the vocabulary has \(range.upperBound) tokens")
            }
            tokens = given
        default:
            throw ControlError(
                .invalidRequest, "cannot tokenize: give either text or tokens, not both")
        }
        self.init(
            tokens: tokens,
            pieces: tokens.map { String(decoding: tokenizer.bytes(of: $0), as: UTF8.self) },
            text: tokenizer.decode(tokens))
    }
}
