// Command descriptors writes the protobuf descriptors of the Cosmos packages
// that this chain speaks, and of everything they import, as one encoded
// google.protobuf.FileDescriptorSet. The Rust crates for these packages carry
// types but no descriptors, and gRPC reflection needs them.
//
//	go run . ../../descriptors/cosmos.bin
package main

import (
	"fmt"
	"os"
	"sort"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "cosmossdk.io/api/cosmos/auth/v1beta1"
	_ "cosmossdk.io/api/cosmos/bank/v1beta1"
	_ "cosmossdk.io/api/cosmos/base/node/v1beta1"
	_ "cosmossdk.io/api/cosmos/base/query/v1beta1"
	_ "cosmossdk.io/api/cosmos/base/tendermint/v1beta1"
	_ "cosmossdk.io/api/cosmos/consensus/v1"
	_ "cosmossdk.io/api/cosmos/crypto/ed25519"
	_ "cosmossdk.io/api/cosmos/crypto/multisig"
	_ "cosmossdk.io/api/cosmos/crypto/secp256k1"
	_ "cosmossdk.io/api/cosmos/crypto/secp256r1"
	_ "cosmossdk.io/api/cosmos/distribution/v1beta1"
	_ "cosmossdk.io/api/cosmos/gov/v1"
	_ "cosmossdk.io/api/cosmos/gov/v1beta1"
	_ "cosmossdk.io/api/cosmos/slashing/v1beta1"
	_ "cosmossdk.io/api/cosmos/staking/v1beta1"
	_ "cosmossdk.io/api/cosmos/tx/v1beta1"
	_ "cosmossdk.io/api/cosmos/vesting/v1beta1"
)

// Every file of these packages is wanted; their imports come along.
var packages = map[protoreflect.FullName]bool{
	"cosmos.auth.v1beta1":            true,
	"cosmos.bank.v1beta1":            true,
	"cosmos.base.node.v1beta1":       true,
	"cosmos.base.query.v1beta1":      true,
	"cosmos.base.tendermint.v1beta1": true,
	"cosmos.consensus.v1":            true,
	"cosmos.crypto.ed25519":          true,
	"cosmos.crypto.multisig":         true,
	"cosmos.crypto.secp256k1":        true,
	"cosmos.crypto.secp256r1":        true,
	"cosmos.distribution.v1beta1":    true,
	"cosmos.gov.v1":                  true,
	"cosmos.gov.v1beta1":             true,
	"cosmos.slashing.v1beta1":        true,
	"cosmos.staking.v1beta1":         true,
	"cosmos.tx.v1beta1":              true,
	"cosmos.vesting.v1beta1":         true,
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: descriptors OUTPUT")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "descriptors:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	var wanted []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if packages[file.Package()] {
			wanted = append(wanted, file)
		}
		return true
	})
	// The registry has no order; the output must not change from run to run.
	sort.Slice(wanted, func(i, j int) bool { return wanted[i].Path() < wanted[j].Path() })

	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	for _, file := range wanted {
		add(set, seen, file)
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		return err
	}
	return os.WriteFile(path, encoded, 0o644)
}

// add appends a file after everything it imports.
func add(set *descriptorpb.FileDescriptorSet, seen map[string]bool, file protoreflect.FileDescriptor) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		add(set, seen, file.Imports().Get(i).FileDescriptor)
	}
	described := protodesc.ToFileDescriptorProto(file)
	described.SourceCodeInfo = nil
	set.File = append(set.File, described)
}
