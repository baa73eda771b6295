#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/checkpoint.h"
#include "agent/history/merkle.h"
#include "agent/store/store.h"
#include "policy/result.h"

namespace agent::history {

struct VerifyReport {
  bool ok = false;
  std::uint64_t entries = 0;  // seen
  // Entries below this are proved by a signed checkpoint.
  std::uint64_t proved = 0;
  // The first entry that something speaks against. Where `bad_before` is more than one above it,
  // what speaks is only a root: then the first bad entry is one of [first_bad_index, bad_before).
  // Below it, entries from `proved` on may be bad as well: forged together with their hashes,
  // they look right, and the root that would tell is spoilt by the entry named.
  std::optional<std::uint64_t> first_bad_index;
  std::uint64_t bad_before = 0;
  std::string problem;  // empty when ok
};

// Checks a history against its signed checkpoints, in one pass and little memory: feed it every
// leaf in order, and each checkpoint, ascending, before the leaf whose index is the checkpoint's
// size. Then ask for the report.
//
// What can be known of the first bad entry: a leaf that contradicts its own place or its stored
// hash names itself. Where leaf and hash were both forged, only a checkpoint's root disagrees, and
// the bad entry is one of those since the checkpoint before, which is one transaction's.
class Verifier {
 public:
  explicit Verifier(std::vector<VerifierKey> keys);

  // `stored_size` is the size under which the store keeps the note; none outside of a store.
  void AddCheckpoint(std::string_view note,
                     std::optional<std::uint64_t> stored_size = std::nullopt);
  // The size of the last checkpoint added that was good; it stays where one was not.
  std::uint64_t last_checkpoint() const { return last_checkpoint_; }
  // Before any leaf: a checkpoint kept elsewhere, by a witness, a device or an auditor. With it, a
  // history that was rewritten with the real key, or cut short, is found out. Fails if the note
  // itself is not good.
  Result<void> AddWitnessed(std::string_view note);
  // `index` and `stored_hash` as the store has them; the hash is not to be had over the API.
  void AddLeaf(std::uint64_t index, std::string_view leaf,
               const std::optional<Hash>& stored_hash = std::nullopt);
  // In place of the next leaf and all after it, where the store can't give it.
  void AddUnreadable(const std::string& problem);
  VerifyReport Finish();

 private:
  // An entry that contradicts itself, found since the last good checkpoint.
  struct Suspect {
    std::uint64_t index;
    std::uint64_t before;
    std::string problem;
  };
  // What is due once the tree has a size: a root to agree with, or a checkpoint that is no good.
  struct Due {
    Hash root;
    std::string problem;  // empty for a good one
  };

  bool failed() const { return report_.first_bad_index.has_value(); }
  void FailAt(std::uint64_t first, std::uint64_t before, std::string problem);
  void FailAt(const Suspect& suspect) { FailAt(suspect.index, suspect.before, suspect.problem); }
  void Suspicion(std::uint64_t index, std::uint64_t before, std::string problem);
  void FailBadCheckpoint(std::uint64_t due_size, const std::string& problem);
  void CheckPlace(std::uint64_t place, std::string_view leaf, const Hash& hash);
  void CheckRoots();
  Result<Checkpoint> Open(std::string_view note);
  Result<Checkpoint> OpenStored(std::string_view note, std::optional<std::uint64_t> stored_size);
  void Mismatch(const Hash& signed_root);

  std::vector<VerifierKey> keys_;
  std::multimap<std::uint64_t, Due> due_;  // by size; what is not reached yet
  std::uint64_t last_checkpoint_ = 0;      // size of the last good one
  CompactTree tree_;                       // of the leaves as they are
  CompactTree stored_tree_;                // of the hashes as stored
  bool has_stored_hashes_ = true;
  std::vector<Hash> since_proved_;  // leaf hashes from report_.proved on
  std::optional<std::uint64_t> first_hash_mismatch_;
  std::optional<Suspect> suspect_;
  std::optional<std::string> origin_;
  VerifyReport report_;
};

// Verifies all that a store holds. `witnessed` are notes kept elsewhere.
Result<VerifyReport> VerifyStore(store::Reader& reader, std::vector<VerifierKey> keys,
                                 const std::vector<std::string>& witnessed = {});

}  // namespace agent::history
