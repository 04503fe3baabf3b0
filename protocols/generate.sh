#!/bin/sh
# Generates Sources/Messages/Generated and the Python client's description of the messages from the protocol files. Run it after
# changing one, and commit all.
# Needs protoc (Debian: protobuf-compiler) and protoc-gen-swift of the swift-protobuf release in Package.swift:
#   git clone --branch 1.39.0 https://github.com/apple/swift-protobuf && cd swift-protobuf &&
#   swift build -c release --product protoc-gen-swift
# Its path is taken from PROTOC_GEN_SWIFT, or found in PATH.
set -eu
cd "$(dirname "$0")"
plugin=${PROTOC_GEN_SWIFT:-$(command -v protoc-gen-swift || true)}
if [ -z "$plugin" ]; then
    echo "generate.sh: no protoc-gen-swift; the head of this script tells how to build it" >&2
    exit 1
fi
out=../Sources/Messages/Generated
mkdir -p "$out"
protoc --plugin=protoc-gen-swift="$plugin" --proto_path=. \
    --swift_out="$out" --swift_opt=Visibility=Package --swift_opt=FileNaming=DropPath \
    --swift_opt=UseAccessLevelOnImports=true ductus/v1/*.proto
protoc --proto_path=. --include_imports --descriptor_set_out=../clients/python/src/ductus/protocol.desc ductus/v1/*.proto
