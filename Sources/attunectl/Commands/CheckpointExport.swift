import ArgumentParser
import CheckpointStore
import ControlAPI
import Foundation

extension CheckpointCommand {
    struct Export: AsyncParsableCommand {
        enum Format: String, CaseIterable, ExpressibleByArgument, Encodable {
            /// Hugging Face PEFT: a directory.
            case peft
            /// llama.cpp: a GGUF file of type adapter.
            case ggufLoRA = "gguf-lora"
        }

        private struct Result: Encodable {
            let checkpoint: CheckpointID
            let format: Format
            let output: String
        }

        static let configuration = CommandConfiguration(
            abstract: "Write a checkpoint's adapter for other programs.",
            discussion: """
                `peft` writes a directory with adapter_config.json and adapter_model.safetensors, `gguf-lora` one file for \
                llama.cpp's --lora. The bytes are fetched from the daemon and checked against their hashes.
                """)

        @OptionGroup var options: GlobalOptions
        @Argument(help: "The checkpoint's id, or `head`.")
        var id: String
        @Option(help: "\(valueList(Format.self)).")
        var format: Format
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp(
                "The directory (peft) or file (gguf-lora) to write.", valueName: "path"))
        var output: String

        func run() async throws {
            let (checkpoint, adapter) = try await options.connected { client in
                let report = try await client.send(
                    ControlRoutes.showCheckpoint, at: client.checkpoint(named: id))
                let checkpoint = try ObjectID(validating: report.id)
                let remote = DaemonRemote(name: "the daemon", client: client)
                let manifest = try await remote.manifest(of: checkpoint)
                let object = try manifest.object(Manifest.adapterRole)
                let data = try await remote.data(of: object.id, maximumSize: object.size)
                return (
                    checkpoint,
                    try Adapter(safetensors: data, base: manifest.base, shape: manifest.lora)
                )
            }
            switch format {
            case .peft: try adapter.exportPEFT(to: output)
            case .ggufLoRA:
                let file = try OutputFile(path: output)
                try file.write(adapter.ggufData())
                try file.finish()
            }
            let result = Result(checkpoint: checkpoint, format: format, output: output)
            try options.output.show(result) { "wrote \($0.output) (\($0.checkpoint.short))" }
        }
    }
}
