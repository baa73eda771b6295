#include "cli/history_reader.h"

#include <utility>

#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

namespace v1 = sekisho::v1;
using agent::history::Verifier;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::uint32_t page = 1000;

class Reader {
 public:
  Reader(const AgentClient& agent, const agent::history::VerifierKey& key, Progress& progress)
      : agent_(agent), verifier_({key}), progress_(progress) {}

  Result<void> AddWitnessed(const std::string& note) {
    auto added = verifier_.AddWitnessed(note);
    if (added) return {};
    return Fail(ErrorCode::corrupt, "a witnessed checkpoint is not good: " + added.error().detail);
  }

  // Entries first, then the checkpoints over them: a transaction commits both, so that whatever a
  // checkpoint vouches for was there before it, and entries without one are a finding.
  Result<VerifiedHistory> Run() {
    while (!is_done_) {
      auto entries = NextEntries();
      if (!entries) return tl::unexpected(std::move(entries.error()));
      auto ok = entries->entries().empty() ? TakeEnd() : Take(*entries);
      if (!ok) return tl::unexpected(std::move(ok.error()));
    }
    return VerifiedHistory{verifier_.Finish(), std::move(last_note_)};
  }

 private:
  Result<v1::ListEntriesResponse> NextEntries() const {
    v1::ListEntriesRequest request;
    request.set_from(next_);
    request.set_limit(page);
    return agent_.Call(&v1::History::Stub::ListEntries, request);
  }

  Result<void> Take(const v1::ListEntriesResponse& entries) {
    const std::uint64_t last = entries.entries(entries.entries_size() - 1).index();
    if (last < next_) {
      return Fail(ErrorCode::corrupt, "the agent sends entry " + std::to_string(last) +
                                          " where it was asked for those from " +
                                          std::to_string(next_));
    }
    bool has_more = true;
    while (has_more && checkpoints_to_ <= last) {
      const auto more = ReadCheckpoints();
      if (!more) return tl::unexpected(more.error());
      has_more = *more;
    }
    for (const v1::Entry& entry : entries.entries()) verifier_.AddLeaf(entry.index(), entry.leaf());
    next_ = last + 1;
    progress_.At(next_);
    // Entries that no checkpoint vouches for: there may be any number of them.
    is_done_ = checkpoints_to_ <= last;
    return {};
  }

  // No more entries. If a checkpoint vouches for more, they are missing; if there is a new one,
  // entries were added just now.
  Result<void> TakeEnd() {
    if (checkpoints_to_ <= next_) {
      const auto more = ReadCheckpoints();
      if (!more) return tl::unexpected(more.error());
      is_done_ = !*more;
    } else {
      is_done_ = true;
    }
    return {};
  }

  // One page of them; false at the end, and for good after one that is not good or does not rise.
  Result<bool> ReadCheckpoints() {
    if (checkpoints_broken_) return false;
    v1::ListCheckpointsRequest request;
    request.set_after_size(checkpoints_to_);
    request.set_limit(page);
    const auto response = agent_.Call(&v1::History::Stub::ListCheckpoints, request);
    if (!response) return tl::unexpected(response.error());
    for (const std::string& note : response->notes()) {
      verifier_.AddCheckpoint(note);
      if (verifier_.last_checkpoint() <= checkpoints_to_) {
        checkpoints_broken_ = true;
        return false;
      }
      checkpoints_to_ = verifier_.last_checkpoint();
      last_note_ = note;
    }
    return response->notes_size() > 0;
  }

  const AgentClient& agent_;
  Verifier verifier_;
  Progress& progress_;
  std::uint64_t next_ = 0;            // entry
  std::uint64_t checkpoints_to_ = 0;  // size of the last good one
  bool is_done_ = false;
  bool checkpoints_broken_ = false;
  std::string last_note_;
};

}  // namespace

Result<VerifiedHistory> ReadAndVerify(const AgentClient& agent,
                                      const agent::history::VerifierKey& key,
                                      const std::vector<std::string>& witnessed,
                                      Progress& progress) {
  Reader reader(agent, key, progress);
  for (const std::string& note : witnessed) {
    if (auto ok = reader.AddWitnessed(note); !ok) return tl::unexpected(std::move(ok.error()));
  }
  return reader.Run();
}

}  // namespace cli
