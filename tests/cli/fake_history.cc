#include "tests/cli/fake_history.h"

#include <algorithm>

#include "agent/history/entry.h"
#include "proto/convert.h"

namespace cli::testing {
namespace {

constexpr const char* origin = "sekisho.example.org/history";

}  // namespace

void FakeHistory::Write(const std::vector<int>& transactions) {
  for (const int count : transactions) {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t index = tree_.size();
      const auto at = policy::TimePoint(std::chrono::seconds(1'700'000'000 + index));
      const std::string leaf =
          agent::history::LeafOf({index, at, "alice", "approve",
                                  "domain d" + std::to_string(index) + ".example", R"({"n":1})"})
              .value();
      tree_.Append(agent::history::LeafHash(leaf));
      entries.emplace_back().set_index(index);
      entries.back().set_leaf(leaf);
    }
    notes.push_back(
        agent::history::SignCheckpoint({origin, tree_.size(), tree_.root()}, key_).value());
    sizes_.push_back(tree_.size());
  }
}

std::string FakeHistory::VerifierKeyText() const {
  return agent::history::VerifierKey::From(origin, key_.public_key()).value().ToText();
}

grpc::Status FakeHistory::ListEntries(grpc::ServerContext*,
                                      const sekisho::v1::ListEntriesRequest* request,
                                      sekisho::v1::ListEntriesResponse* response) {
  const std::uint64_t from = repeats_entries ? 0 : request->from();
  if (is_endless) {
    for (std::uint64_t index = from; index < from + page_max; ++index) {
      response->add_entries()->set_index(index);
      response->mutable_entries()->rbegin()->set_leaf(
          "{\"v\":1,\"index\":" + std::to_string(index) + ",");
    }
    return grpc::Status::OK;
  }
  const int limit = std::min(page_max, static_cast<int>(request->limit()));
  for (const auto& entry : entries) {
    if (entry.index() < from) continue;
    if (response->entries_size() == limit) {
      response->set_next(entry.index());
      break;
    }
    *response->add_entries() = entry;
  }
  if (writes_while_read > 0) {
    --writes_while_read;
    Write({2});
  }
  return grpc::Status::OK;
}

grpc::Status FakeHistory::ListCheckpoints(grpc::ServerContext*,
                                          const sekisho::v1::ListCheckpointsRequest* request,
                                          sekisho::v1::ListCheckpointsResponse* response) {
  if (is_endless) {
    const std::string size = std::to_string(request->after_size() + 100);
    response->add_notes(std::string(origin) + "\n" + size + "\nAAAA\n\n");
    response->set_more(true);
    return grpc::Status::OK;
  }
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (!repeats_notes && sizes_[i] <= request->after_size()) continue;
    if (response->notes_size() == page_max) {
      response->set_more(true);
      break;
    }
    response->add_notes(notes[i]);
  }
  return grpc::Status::OK;
}

grpc::Status FakeHistory::ProveEntry(grpc::ServerContext*,
                                     const sekisho::v1::ProveEntryRequest* request,
                                     sekisho::v1::ProveEntryResponse* response) {
  if (request->index() >= entries.size()) {
    return {grpc::StatusCode::NOT_FOUND, "there is no entry " + std::to_string(request->index())};
  }
  std::vector<agent::history::Hash> hashes;
  for (const auto& entry : entries) hashes.push_back(agent::history::LeafHash(entry.leaf()));
  *response->mutable_entry() = entries[request->index()];
  for (const auto& step : agent::history::InclusionProof(hashes, request->index())) {
    response->add_path(proto::ToBytes(step));
  }
  response->set_checkpoint(notes.back());
  return grpc::Status::OK;
}

}  // namespace cli::testing
