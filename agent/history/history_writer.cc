#include "agent/history/history_writer.h"

#include "agent/history/entry.h"
#include "agent/history/verifier.h"

namespace agent::history {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr std::size_t kPage = 1000;

Result<CompactTree> TreeOf(store::Reader& reader) {
  CompactTree tree;
  for (;;) {
    const auto leaves = reader.Leaves(tree.size(), kPage);
    if (!leaves) return tl::unexpected(leaves.error());
    for (const auto& row : *leaves) {
      if (row.index != tree.size()) {
        return Fail(ErrorCode::corrupt, "entry " + std::to_string(tree.size()) + " is missing");
      }
      tree.Append(LeafHash(row.leaf));
    }
    if (leaves->size() < kPage) return tree;
  }
}

// Whether the newest checkpoint is ours and says what the entries say.
Result<CompactTree> CheckedTree(store::Reader& reader, const std::string& origin,
                                const std::vector<VerifierKey>& keys) {
  auto tree = TreeOf(reader);
  if (!tree) return tree;
  const auto row = reader.LatestCheckpoint();
  if (!row) return tl::unexpected(row.error());
  if (!*row) {
    if (tree->size() == 0) return tree;
    return Fail(ErrorCode::corrupt, "it has entries, but no checkpoint");
  }
  const auto checkpoint = OpenCheckpoint((*row)->note, keys);
  if (!checkpoint) {
    return Fail(ErrorCode::corrupt,
                "its newest checkpoint is not to be believed (" + checkpoint.error().detail + ")");
  }
  if (checkpoint->origin != origin) {
    return Fail(ErrorCode::corrupt,
                "it belongs to \"" + checkpoint->origin + "\", not to \"" + origin + "\"");
  }
  if (checkpoint->size != tree->size() || checkpoint->root != tree->root()) {
    return Fail(ErrorCode::corrupt, "its entries are not those of its newest checkpoint");
  }
  return tree;
}

// What the verifier adds to an error: which entry it is.
std::string Finding(store::Reader& reader, const std::vector<VerifierKey>& keys) {
  const auto report = VerifyStore(reader, keys);
  if (!report || !report->first_bad_index) return {};
  return "; first bad entry: " + std::to_string(*report->first_bad_index) + ", " + report->problem;
}

}  // namespace

HistoryWriter::HistoryWriter(std::string origin, platform::SigningKey key, CompactTree tree)
    : origin_(std::move(origin)), key_(std::move(key)), tree_(std::move(tree)), pending_(tree_) {}

Result<std::unique_ptr<HistoryWriter>> HistoryWriter::Open(
    store::Store& store, std::string origin, platform::SigningKey key,
    const std::vector<VerifierKey>& earlier_keys) {
  const auto own = VerifierKey::From(origin, key.public_key());
  if (!own) return tl::unexpected(own.error());
  std::vector<VerifierKey> keys = earlier_keys;
  keys.push_back(*own);
  auto reader = store.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto tree = CheckedTree(**reader, origin, keys);
  if (!tree && tree.error().code == ErrorCode::corrupt) {
    return Fail(ErrorCode::corrupt,
                "the block history does not verify: " + tree.error().detail +
                    Finding(**reader, keys) +
                    ". Nothing was repaired: keep the file as evidence, find out who changed it, "
                    "and restore a backup");
  }
  if (!tree) return tl::unexpected(tree.error());
  return std::unique_ptr<HistoryWriter>(
      new HistoryWriter(std::move(origin), std::move(key), *std::move(tree)));
}

Result<std::uint64_t> HistoryWriter::Append(store::Transaction& transaction, policy::TimePoint at,
                                            const Act& act) {
  const std::uint64_t index = pending_.size();
  auto leaf = LeafOf({index, at, act.actor, act.action, act.subject, act.detail});
  if (!leaf) return tl::unexpected(leaf.error());
  const Hash hash = LeafHash(*leaf);
  auto put = transaction.PutLeaf({index, *std::move(leaf), hash}, act.subject, at);
  if (!put) return tl::unexpected(put.error());
  pending_.Append(hash);
  return index;
}

Result<void> HistoryWriter::Seal(store::Transaction& transaction) {
  if (pending_.size() == tree_.size()) return {};
  auto note = SignCheckpoint({origin_, pending_.size(), pending_.root()}, key_);
  if (!note) return tl::unexpected(note.error());
  return transaction.PutCheckpoint({pending_.size(), *std::move(note)});
}

void HistoryWriter::Committed() {
  tree_ = pending_;
}

void HistoryWriter::RolledBack() {
  pending_ = tree_;
}

}  // namespace agent::history
