// Evidence written by this project, looked at with the note and tlog packages of the Go project:
// they must accept it as it is and refuse it changed.
package foreign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func data(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(os.Getenv("FOREIGN_DATA"), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type policy struct {
	logs      []note.Verifier
	witnesses []note.Verifier
	quorum    int
}

// cosigner verifies cosignature/v1, which the note package does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), msg...), sig[8:])
}

func newCosigner(t *testing.T, vkey string) cosigner {
	t.Helper()
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		t.Fatalf("%q is no cosigner's key", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if parts[1] != fmt.Sprintf("%x", sum[:4]) {
		t.Fatalf("%q has another key id than %x", vkey, sum[:4])
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}
}

func readPolicy(t *testing.T) policy {
	t.Helper()
	var p policy
	for _, line := range strings.Split(strings.TrimSuffix(string(data(t, "policy")), "\n"), "\n") {
		words := strings.Fields(line)
		switch words[0] {
		case "log":
			v, err := note.NewVerifier(words[1])
			if err != nil {
				t.Fatal(err)
			}
			p.logs = append(p.logs, v)
		case "witness":
			p.witnesses = append(p.witnesses, newCosigner(t, words[2]))
		case "group":
			p.quorum, _ = strconv.Atoi(words[2])
		case "quorum":
			if words[1] != "q" {
				t.Fatalf("the quorum is %q", words[1])
			}
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return p
}

// open gives the tree of a checkpoint that one log key and a quorum of witnesses signed.
func (p policy) open(checkpoint []byte) (tlog.Tree, error) {
	var tree tlog.Tree
	logs, err := note.Open(checkpoint, note.VerifierList(p.logs...))
	if err != nil {
		return tree, err
	}
	all, err := note.Open(checkpoint, note.VerifierList(p.witnesses...))
	if err != nil {
		return tree, err
	}
	if len(all.Sigs) < p.quorum {
		return tree, fmt.Errorf("%d cosignatures where %d are needed", len(all.Sigs), p.quorum)
	}
	lines := strings.Split(logs.Text, "\n")
	if len(lines) != 4 || lines[0] != p.logs[0].Name() {
		return tree, fmt.Errorf("not a checkpoint: %q", logs.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// tiles reads our files; `change` may spoil one.
type tiles struct {
	t      *testing.T
	change func(path string, b []byte) []byte
}

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		b := data(r.t, path)
		if r.change != nil {
			b = r.change(path, b)
		}
		all = append(all, b)
	}
	return all, nil
}

func bundle(t *testing.T, n, size int64) [][]byte {
	t.Helper()
	width := min(256, int(size-n*256))
	path := tlog.Tile{H: 8, L: 0, N: n, W: width}.Path()
	b := data(t, strings.Replace(path, "tile/8/0/", "tile/entries/", 1))
	var leaves [][]byte
	for len(b) >= 2 {
		size := int(binary.BigEndian.Uint16(b))
		leaves, b = append(leaves, b[2:2+size]), b[2+size:]
	}
	if len(leaves) != width || len(b) != 0 {
		t.Fatalf("bundle %d holds %d leaves and %d bytes", n, len(leaves), len(b))
	}
	return leaves
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func openOurs(t *testing.T) (policy, tlog.Tree) {
	t.Helper()
	p := readPolicy(t)
	tree, err := p.open(data(t, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	return p, tree
}

func TestCheckpoint(t *testing.T) {
	p, tree := openOurs(t)
	if tree.N != 66000 || len(p.logs) != 4 || p.quorum != 3 {
		t.Fatalf("size %d, %d logs, quorum %d", tree.N, len(p.logs), p.quorum)
	}
	good := data(t, "checkpoint")
	end := bytes.Index(good, []byte("\n\n"))
	for i := 0; i <= end; i++ {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := p.open(bad); err == nil {
			t.Errorf("byte %d of the text may be changed", i)
		}
	}
}

func TestEveryLeafAgainstTiles(t *testing.T) {
	_, tree := openOurs(t)
	reader := tlog.TileHashReader(tree, tiles{t: t})
	for n := int64(0); n*256 < tree.N; n++ {
		for i, leaf := range bundle(t, n, tree.N) {
			index := n*256 + int64(i)
			hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			if err != nil {
				t.Fatal(err)
			}
			if hashes[0] != tlog.RecordHash(leaf) {
				t.Fatalf("leaf %d is not the tile's", index)
			}
			if n%64 != 0 {
				break // the first of each bundle, all of every 64th
			}
		}
	}
}

func TestProofsOfGoFromOurTiles(t *testing.T) {
	_, tree := openOurs(t)
	reader := tlog.TileHashReader(tree, tiles{t: t})
	for _, index := range []int64{0, 1, 255, 256, 65535, 65536, 65999} {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaf := bundle(t, index/256, tree.N)[index%256]
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
	}
	for _, old := range []int64{1, 256, 4097, 65536, 65999} {
		hash, err := tlog.TreeHash(old, reader)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := tlog.ProveTree(tree.N, old, reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old, hash); err != nil {
			t.Errorf("growth from %d: %v", old, err)
		}
	}
}

func TestChangedTilesAreRefused(t *testing.T) {
	_, tree := openOurs(t)
	for at := 0; at < 256*32; at += 501 {
		spoil := func(path string, b []byte) []byte {
			b = bytes.Clone(b)
			b[at%len(b)] ^= 0x40
			return b
		}
		reader := tlog.TileHashReader(tree, tiles{t, spoil})
		if _, err := tlog.ProveRecord(tree.N, 300, reader); err == nil {
			t.Errorf("byte %d of a tile may be changed", at)
		}
	}
}

// splitProof takes a tlog-proof apart: index, hashes, checkpoint.
func splitProof(b []byte) (int64, tlog.RecordProof, []byte, error) {
	head, checkpoint, found := bytes.Cut(b, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, nil, fmt.Errorf("not a tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return 0, nil, nil, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, nil, nil, err
		}
		proof = append(proof, hash)
	}
	return index, proof, checkpoint, nil
}

func checkProof(p policy, b, leaf []byte) error {
	index, proof, checkpoint, err := splitProof(b)
	if err != nil {
		return err
	}
	tree, err := p.open(checkpoint)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func TestOurProofs(t *testing.T) {
	p, tree := openOurs(t)
	files, err := os.ReadDir(filepath.Join(os.Getenv("FOREIGN_DATA"), "proof"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d proofs: %v", len(files), err)
	}
	for _, file := range files {
		good := data(t, "proof/"+file.Name())
		index, _ := strconv.ParseInt(file.Name(), 10, 64)
		leaf := bundle(t, index/256, tree.N)[index%256]
		if err := checkProof(p, good, leaf); err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
		if checkProof(p, good, append([]byte("x"), leaf...)) == nil {
			t.Errorf("leaf %d may be changed", index)
		}
		bad := bytes.Clone(good)
		bad[len("c2sp.org/tlog-proof@v1\nindex 1\n")+40] ^= 1
		if checkProof(p, bad, leaf) == nil {
			t.Errorf("the proof of leaf %d may be changed", index)
		}
	}
}
