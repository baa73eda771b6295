#include "agent/history/verifier.h"

#include <algorithm>

#include "agent/history/entry.h"

namespace agent::history {
namespace {

std::string Numbered(std::string_view text, std::uint64_t number) {
  return std::string(text) + std::to_string(number);
}

}  // namespace

Verifier::Verifier(std::vector<VerifierKey> keys) : keys_(std::move(keys)) {}

void Verifier::FailAt(std::uint64_t first, std::uint64_t before, std::string problem) {
  if (failed()) return;
  report_.first_bad_index = first;
  report_.bad_before = before;
  report_.problem = std::move(problem);
}

void Verifier::Suspicion(std::uint64_t index, std::uint64_t before, std::string problem) {
  if (!suspect_ || index < suspect_->index) suspect_ = Suspect{index, before, std::move(problem)};
}

Result<Checkpoint> Verifier::Open(std::string_view note) {
  auto checkpoint = OpenCheckpoint(note, keys_);
  if (!checkpoint) return checkpoint;
  if (origin_ && *origin_ != checkpoint->origin) {
    return policy::Fail(policy::ErrorCode::conflict,
                        "it is of another history, " + checkpoint->origin);
  }
  origin_ = checkpoint->origin;
  return checkpoint;
}

Result<void> Verifier::AddWitnessed(std::string_view note) {
  const auto checkpoint = Open(note);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  due_.emplace(checkpoint->size, Due{checkpoint->root, {}});
  CheckRoots();
  return {};
}

Result<Checkpoint> Verifier::OpenStored(std::string_view note,
                                        std::optional<std::uint64_t> stored_size) {
  auto checkpoint = Open(note);
  if (checkpoint && stored_size && *stored_size != checkpoint->size) {
    return policy::Fail(policy::ErrorCode::corrupt,
                        Numbered("it is kept under the size ", *stored_size) +
                            Numbered(", but is that of ", checkpoint->size));
  }
  return checkpoint;
}

void Verifier::AddCheckpoint(std::string_view note, std::optional<std::uint64_t> stored_size) {
  if (failed()) return;
  const auto checkpoint = OpenStored(note, stored_size);
  if (!checkpoint) {
    // Its size can't be believed either. It is due right after the checkpoint before it, so that
    // a bad entry further up is still found first.
    due_.emplace(last_checkpoint_ + 1, Due{{}, checkpoint.error().detail});
  } else if (checkpoint->size < tree_.size()) {
    FailAt(report_.proved, tree_.size(),
           Numbered("checkpoints out of order: one of size ", checkpoint->size) +
               Numbered(" came after entry ", tree_.size() - 1));
  } else {
    last_checkpoint_ = checkpoint->size;
    due_.emplace(checkpoint->size, Due{checkpoint->root, {}});
  }
  CheckRoots();
}

void Verifier::FailBadCheckpoint(std::uint64_t due_size, const std::string& problem) {
  FailAt(
      due_size - 1, due_size,
      Numbered("the checkpoint over entry ", due_size - 1) + " is not to be believed: " + problem);
}

void Verifier::AddLeaf(std::uint64_t index, std::string_view leaf,
                       const std::optional<Hash>& stored_hash) {
  ++report_.entries;
  if (failed()) return;
  const std::uint64_t place = tree_.size();
  const Hash hash = LeafHash(leaf);
  if (index != place) {
    Suspicion(place, place + 1,
              Numbered("entry ", place) + Numbered(" is missing: next comes ", index));
  }
  CheckPlace(place, leaf, hash);
  if (!stored_hash) {
    has_stored_hashes_ = false;
  } else if (*stored_hash != hash) {
    if (!first_hash_mismatch_) first_hash_mismatch_ = place;
    Suspicion(place, place + 1,
              Numbered("entry ", place) + " does not have the hash stored with it");
  }
  stored_tree_.Append(stored_hash.value_or(hash));
  since_proved_.push_back(hash);
  tree_.Append(hash);
  CheckRoots();
}

void Verifier::AddUnreadable(const std::string& problem) {
  const std::uint64_t place = tree_.size();
  Suspicion(place, place + 1, Numbered("entry ", place) + " can't be read: " + problem);
}

// A leaf that claims a later place stands where another was. One that claims an earlier place was
// pushed back by what stands in that place now, unless it is a copy of it.
void Verifier::CheckPlace(std::uint64_t place, std::string_view leaf, const Hash& hash) {
  const auto claimed = IndexOf(leaf);
  if (!claimed) {
    Suspicion(place, place + 1,
              Numbered("entry ", place) + " can't be read: " + claimed.error().detail);
    return;
  }
  if (*claimed == place) return;
  const bool is_pushed_back = *claimed < place && *claimed >= report_.proved &&
                              since_proved_[*claimed - report_.proved] != hash;
  Suspicion(is_pushed_back ? *claimed : place, place + 1,
            Numbered("at ", place) + Numbered(" stands the entry that was written as ", *claimed));
}

// Judges the signed roots of the size that is now reached.
void Verifier::CheckRoots() {
  for (auto it = due_.begin(); !failed() && it != due_.end() && it->first <= tree_.size();
       it = due_.erase(it)) {
    const Due& due = it->second;
    if (!due.problem.empty()) {
      FailBadCheckpoint(it->first, due.problem);
    } else if (tree_.root() != due.root) {
      Mismatch(due.root);
    } else if (suspect_) {
      FailAt(*suspect_);
    } else {
      report_.proved = tree_.size();
      since_proved_.clear();
    }
  }
}

void Verifier::Mismatch(const Hash& signed_root) {
  const std::string root_differs =
      Numbered("the entries do not give the root of the checkpoint of size ", tree_.size());
  // The stored hashes are what was signed: then it is the leaf that does not fit its hash.
  if (has_stored_hashes_ && first_hash_mismatch_ && stored_tree_.root() == signed_root) {
    FailAt(*first_hash_mismatch_, *first_hash_mismatch_ + 1,
           Numbered("entry ", *first_hash_mismatch_) + " is not what was signed");
  } else if (suspect_) {
    const std::string unproved =
        suspect_->index > report_.proved
            ? Numbered("; those from ", report_.proved) + " up to it may be bad as well"
            : "";
    FailAt(suspect_->index, suspect_->before, suspect_->problem + "; " + root_differs + unproved);
  } else {
    const std::uint64_t first = std::min(report_.proved, tree_.size());
    FailAt(first, std::max(tree_.size(), first + 1),
           root_differs + Numbered(": one from ", report_.proved) + " on was changed");
  }
}

VerifyReport Verifier::Finish() {
  if (suspect_) FailAt(*suspect_);
  if (!failed() && !due_.empty() && !due_.begin()->second.problem.empty()) {
    FailBadCheckpoint(due_.begin()->first, due_.begin()->second.problem);
  }
  if (!failed() && !due_.empty()) {
    FailAt(tree_.size(), tree_.size() + 1,
           Numbered("entry ", tree_.size()) +
               Numbered(" is missing: a checkpoint vouches for ", due_.rbegin()->first) +
               " entries");
  }
  if (!failed() && tree_.size() > report_.proved) {
    FailAt(report_.proved, report_.proved + 1,
           Numbered("no checkpoint vouches for the entries from ", report_.proved) + " on");
  }
  report_.ok = !failed();
  return report_;
}

Result<VerifyReport> VerifyStore(store::Reader& reader, std::vector<VerifierKey> keys,
                                 const std::vector<std::string>& witnessed) {
  constexpr std::size_t page = 1000;
  Verifier verifier(std::move(keys));
  for (const std::string& note : witnessed) {
    if (auto added = verifier.AddWitnessed(note); !added) return tl::unexpected(added.error());
  }
  std::uint64_t checkpoints_read_to = 0;
  bool has_more_checkpoints = true;
  std::uint64_t next = 0;
  std::size_t leaves_at_once = page;
  for (;;) {
    const auto leaves = reader.Leaves(next, leaves_at_once);
    if (!leaves && leaves.error().code == policy::ErrorCode::corrupt) {
      // Something in the page can't be read: go on one by one, to name it.
      if (leaves_at_once == 1) {
        verifier.AddUnreadable(leaves.error().detail);
        break;
      }
      leaves_at_once = 1;
      continue;
    }
    if (!leaves) return tl::unexpected(leaves.error());
    // Checkpoints have to come before the leaves beyond them.
    while (has_more_checkpoints && (leaves->empty() || checkpoints_read_to <= next + page)) {
      const auto notes = reader.Checkpoints(checkpoints_read_to, page);
      if (!notes) return tl::unexpected(notes.error());
      for (const auto& row : *notes) {
        verifier.AddCheckpoint(row.note, row.size);
        checkpoints_read_to = row.size;
      }
      has_more_checkpoints = notes->size() == page;
    }
    if (leaves->empty()) break;
    for (const auto& row : *leaves) verifier.AddLeaf(row.index, row.leaf, row.hash);
    next = leaves->back().index + 1;
  }
  return verifier.Finish();
}

}  // namespace agent::history
