#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/checkpoint.h"
#include "agent/history/merkle.h"
#include "agent/store/store.h"
#include "platform/tls.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::history {

using policy::Result;

// One recorded act. docs/history_format.md defines the JSON text that is hashed.
struct Act {
  std::string actor;    // a person, "policy", "feed:NAME", "device:NAME", "agent"
  std::string action;   // "approve", "release.publish", "device.receipt", ...
  std::string subject;  // a canonical line ("domain evil.example"), or "" where it is about none
  std::string detail;   // a JSON object, or ""
};

// The only writer of the block history. It alone numbers entries and signs checkpoints.
//
// On opening, it recomputes the root from the stored leaves. If that root is not the last signed
// one, Open fails with `corrupt` and nothing is repaired: a gap in evidence has to stay visible.
//
// Not thread-safe: owned by the engine thread.
class HistoryWriter {
 public:
  // `origin` names the log in its checkpoints (C2SP tlog-checkpoint), for example
  // "sekisho.example.org/history". `earlier_keys` are those that `key` has replaced: without them,
  // a last checkpoint of theirs is not to be believed.
  static Result<std::unique_ptr<HistoryWriter>> Open(
      store::Store& store, std::string origin, platform::SigningKey key,
      const std::vector<VerifierKey>& earlier_keys = {});

  // Adds an entry within `transaction`; it counts once that transaction is sealed and committed.
  // Returns the entry's index, from 0.
  Result<std::uint64_t> Append(store::Transaction& transaction, policy::TimePoint at,
                               const Act& act);

  // Signs the checkpoint over all entries so far, within `transaction`. Call it once, last. Does
  // nothing where nothing was appended.
  Result<void> Seal(store::Transaction& transaction);

  // Tells what became of the transaction of the last Appends, so that memory agrees with disk.
  void Committed();
  void RolledBack();

  std::uint64_t size() const { return tree_.size(); }  // entries committed

 private:
  HistoryWriter(std::string origin, platform::SigningKey key, CompactTree tree);
  std::string origin_;
  platform::SigningKey key_;
  CompactTree tree_;     // as committed
  CompactTree pending_;  // with the entries of the open transaction
};

}  // namespace agent::history
