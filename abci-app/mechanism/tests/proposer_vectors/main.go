// Drives CometBFT's own validator sets through random lives and writes down what they answered,
// for ../proposer_vectors.rs to repeat. To write them anew, from this folder:
//
//	go run . -out vectors.json
//
// The same -seed gives the same file. For a larger comparison than the one that is kept, say
// -lives 2000, run the test once and put the file back.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"
	_ "unsafe" // for updateState

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// What a node runs after each block; CometBFT does not export it.
//
//go:linkname updateState github.com/cometbft/cometbft/state.updateState
func updateState(state.State, types.BlockID, *types.Header, *abci.ResponseFinalizeBlock, []*types.Validator) (state.State, error)

const header = "heights of CometBFT v0.39.4; see main.go"

// A Life is a chain from its genesis on.
type Life struct {
	// Of every validator that ever lives, in hex; the rest names them by index.
	Addresses []string `json:"addresses"`
	// The first starts with the genesis.
	Acts []Act `json:"acts"`
}

// An Act is what happens from one height with updates, or the genesis, to the next.
type Act struct {
	// [validator, power], in any order: the genesis validators, or a height's updates.
	Updates [][2]int64 `json:"updates,omitempty"`
	// Set if CometBFT refused the updates; nothing changed then.
	Refusal string `json:"refusal,omitempty"`
	// Who proposes at the initial height, or the one that follows the updates, and at those after
	// it, which bring no updates.
	Proposers []int `json:"proposers,omitempty"`
	// First 8 bytes of SHA-256 over, for each of these heights, the set of the height and of the
	// next: the proposer's address, then each validator's address, power and priority (big-endian).
	Digest string `json:"digest,omitempty"`
}

type chain struct {
	rng   *rand.Rand
	pool  []*types.Validator
	index map[string]int
	state state.State
	life  Life
}

func main() {
	lives := flag.Int("lives", 48, "chains to live through")
	seed := flag.Int64("seed", 1, "of the random numbers")
	out := flag.String("out", "", "file to write")
	flag.Parse()

	document := struct {
		About string `json:"about"`
		Lives []Life `json:"lives"`
	}{About: header}
	heights, refusals := 0, 0
	for i := 0; i < *lives; i++ {
		life := live(rand.New(rand.NewSource(*seed*1_000_003 + int64(i))))
		for _, act := range life.Acts {
			heights += len(act.Proposers)
			if act.Refusal != "" {
				refusals++
			}
		}
		document.Lives = append(document.Lives, life)
	}
	text, err := json.Marshal(document)
	check(err)
	// One life a line, so that a change can be read.
	text = bytes.ReplaceAll(text, []byte(`{"addresses"`), []byte("\n"+`{"addresses"`))
	check(os.WriteFile(*out, append(text, '\n'), 0o644))
	fmt.Printf("%d lives, %d heights, %d refusals, %d bytes\n", *lives, heights, refusals, len(text))
}

func live(rng *rand.Rand) Life {
	c := begin(rng, 1+rng.Intn([]int{4, 12, 40}[rng.Intn(3)]))
	for acts := 4 + rng.Intn(12); acts > 0; acts-- {
		updates := c.updates()
		if refusal := c.refusal(updates); refusal != "" {
			c.life.Acts = append(c.life.Acts, Act{Updates: c.pairs(updates), Refusal: refusal})
			continue
		}
		c.advance(updates)
		c.record(updates, 1+rng.Intn(40))
	}
	return c.life
}

func begin(rng *rand.Rand, size int) *chain {
	c := &chain{rng: rng, index: map[string]int{}}
	for i := 0; i < size+size/2+2; i++ {
		key := make(ed25519.PubKey, ed25519.PubKeySize)
		rng.Read(key)
		validator := types.NewValidator(key, 0)
		c.pool = append(c.pool, validator)
		c.index[string(validator.Address)] = i
		c.life.Addresses = append(c.life.Addresses, hex.EncodeToString(validator.Address))
	}
	var validators []*types.Validator
	power := c.powers(size)
	document := &types.GenesisDoc{ChainID: "vectors", GenesisTime: time.Unix(1, 0), InitialHeight: 1}
	for i, validator := range c.pool[:size] {
		validators = append(validators, types.NewValidator(validator.PubKey, power(i)))
		document.Validators = append(document.Validators,
			types.GenesisValidator{PubKey: validator.PubKey, Power: validators[i].VotingPower})
	}
	var err error
	c.state, err = state.MakeGenesisState(document)
	check(err)
	c.record(validators, 1+rng.Intn(30))
	return c
}

// One way to give powers to so many validators, each time another.
func (c *chain) powers(size int) func(int) int64 {
	share := types.MaxTotalVotingPower / int64(size)
	equal := 1 + c.rng.Int63n(share)
	switch c.rng.Intn(6) {
	case 0:
		return func(int) int64 { return equal }
	case 1: // the most there can be, all but what does not divide
		return func(int) int64 { return share }
	case 2: // one beside whom the others do not count
		return func(i int) int64 {
			if i == 0 {
				return types.MaxTotalVotingPower - int64(size) + 1
			}
			return 1
		}
	case 3: // Zipf
		return func(i int) int64 { return 1 + 1_000_000_000_000/int64(i+1) }
	case 4: // newcomers of nearly one power, as elections make them
		return func(int) int64 { return 1_000_000 + c.rng.Int63n(1_000) }
	default: // of every magnitude
		return func(int) int64 { return 1 + c.rng.Int63n(1+share>>c.rng.Intn(60)) }
	}
}

// Changes as chains make them, and some that no chain may make.
func (c *chain) updates() []*types.Validator {
	members := c.state.NextValidators.Validators
	power := c.powers(len(c.pool))
	var updates []*types.Validator
	to := func(validator *types.Validator, power int64) {
		updates = append(updates, types.NewValidator(validator.PubKey, power))
	}
	switch c.rng.Intn(12) {
	case 0: // nothing
	case 1: // the set as it is, as at a boundary
		for _, member := range members {
			to(member, member.VotingPower)
		}
	case 2: // somebody unknown leaves, or somebody known
		to(c.pool[c.rng.Intn(len(c.pool))], 0)
	case 3: // everybody leaves; sometimes somebody comes
		for _, member := range members {
			to(member, 0)
		}
		if newcomer := c.outsider(); newcomer != nil && c.rng.Intn(2) == 0 {
			to(newcomer, power(0))
		}
	case 4: // twice the same, or a power out of bounds
		to(c.pool[0], 1+c.rng.Int63n(9))
		switch c.rng.Intn(3) {
		case 0:
			to(c.pool[0], c.rng.Int63n(9))
		case 1:
			to(c.pool[1], -1-c.rng.Int63n(9))
		default:
			to(c.pool[1], types.MaxTotalVotingPower+1+c.rng.Int63n(9))
		}
	case 5: // nearly all power goes, as much comes
		for _, member := range members {
			to(member, 0)
		}
		if newcomer := c.outsider(); newcomer != nil {
			to(newcomer, types.MaxTotalVotingPower)
		}
	case 6: // the stronger half leaves, so that the window shrinks
		for i, member := range members {
			if i < len(members)/2 {
				to(member, 0)
			}
		}
	default: // an election: some leave, some join, others change
		for i, validator := range c.pool {
			in := c.state.NextValidators.HasAddress(validator.Address)
			switch {
			case c.rng.Intn(3) == 0 && in:
				to(validator, 0)
			case c.rng.Intn(2) == 0:
				to(validator, power(i))
			}
		}
	}
	c.rng.Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
	return updates
}

func (c *chain) outsider() *types.Validator {
	for _, validator := range c.pool {
		if !c.state.NextValidators.HasAddress(validator.Address) {
			return validator
		}
	}
	return nil
}

// In one word, why CometBFT refuses updates; empty if it does not.
func (c *chain) refusal(updates []*types.Validator) string {
	err := c.state.NextValidators.Copy().UpdateWithChangeSet(updates)
	if err == nil {
		return ""
	}
	words := map[string]string{
		"duplicate entry":          "duplicate",
		"can't be negative":        "negative",
		"can't be higher":          "power",
		"empty set":                "empty",
		"failed to find":           "unknown",
		"total voting power of re": "total",
	}
	for part, word := range words {
		if strings.Contains(err.Error(), part) {
			return word
		}
	}
	panic(err)
}

func (c *chain) advance(updates []*types.Validator) {
	height := &types.Header{Height: c.state.LastBlockHeight + 1}
	next, err := updateState(c.state, types.BlockID{}, height, &abci.ResponseFinalizeBlock{}, updates)
	check(err)
	c.state = next
}

// Writes down the height that the updates led to and the quiet ones after it.
func (c *chain) record(updates []*types.Validator, heights int) {
	act := Act{Updates: c.pairs(updates)}
	digest := sha256.New()
	for i := 0; i < heights; i++ {
		if i > 0 {
			c.advance(nil)
		}
		act.Proposers = append(act.Proposers, c.index[string(c.state.Validators.GetProposer().Address)])
		digest.Write(encode(c.state.Validators))
		digest.Write(encode(c.state.NextValidators))
	}
	act.Digest = hex.EncodeToString(digest.Sum(nil)[:8])
	c.life.Acts = append(c.life.Acts, act)
}

func (c *chain) pairs(updates []*types.Validator) (pairs [][2]int64) {
	for _, update := range updates {
		pairs = append(pairs, [2]int64{int64(c.index[string(update.Address)]), update.VotingPower})
	}
	return pairs
}

func encode(set *types.ValidatorSet) []byte {
	text := append([]byte{}, set.GetProposer().Address...)
	for _, validator := range set.Validators {
		text = append(text, validator.Address...)
		text = binary.BigEndian.AppendUint64(text, uint64(validator.VotingPower))
		text = binary.BigEndian.AppendUint64(text, uint64(validator.ProposerPriority))
	}
	return text
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
