#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "agent/history/checkpoint.h"
#include "agent/history/merkle.h"
#include "platform/tls.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli::testing {

// A real history, really signed, behind the agent's service. Pages are short, so that a reader has
// to turn them.
class FakeHistory final : public sekisho::v1::History::Service {
 public:
  static constexpr int page_max = 3;

  FakeHistory() : key_(platform::SigningKey::Generate().value()) {}

  // One transaction of as many entries for each number.
  void Write(const std::vector<int>& transactions);
  std::string VerifierKeyText() const;

  // What a dishonest agent would change. Only between calls.
  std::vector<sekisho::v1::Entry> entries;
  std::vector<std::string> notes;
  // Writes another transaction after each page of entries, as a busy agent does, so often.
  int writes_while_read = 0;
  // Sends the same page for ever.
  bool repeats_entries = false;
  bool repeats_notes = false;
  // Goes on and on with entries, and with checkpoints over them that nobody signed.
  bool is_endless = false;

 private:
  grpc::Status ListEntries(grpc::ServerContext* context,
                           const sekisho::v1::ListEntriesRequest* request,
                           sekisho::v1::ListEntriesResponse* response) override;
  grpc::Status ListCheckpoints(grpc::ServerContext* context,
                               const sekisho::v1::ListCheckpointsRequest* request,
                               sekisho::v1::ListCheckpointsResponse* response) override;
  grpc::Status ProveEntry(grpc::ServerContext* context,
                          const sekisho::v1::ProveEntryRequest* request,
                          sekisho::v1::ProveEntryResponse* response) override;

  platform::SigningKey key_;
  agent::history::CompactTree tree_;
  std::vector<std::uint64_t> sizes_;  // of `notes`, as they were written
};

}  // namespace cli::testing
