#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/services.h"
#include "agent/history/checkpoint.h"
#include "agent/history/merkle.h"
#include "policy/indicator.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::ListCheckpointsRequest;
using sekisho::v1::ListCheckpointsResponse;
using sekisho::v1::ListEntriesRequest;
using sekisho::v1::ListEntriesResponse;
using sekisho::v1::ProveEntryRequest;
using sekisho::v1::ProveEntryResponse;

constexpr std::size_t entries_by_default = 1000;
constexpr std::size_t entries_max = 10'000;
constexpr std::size_t checkpoints_by_default = 100;
constexpr std::size_t checkpoints_max = 1000;
constexpr std::size_t hashes_step = 10'000;

// A subject is a canonical line, but people type indicators; other names stand for themselves.
std::string SubjectOf(const std::string& typed) {
  if (policy::ParseLine(typed)) return typed;
  const auto indicator = policy::GuessIndicator(typed);
  return indicator ? policy::LineOf(*indicator) : typed;
}

Result<std::uint64_t> StartOf(store::Reader& reader, const ListEntriesRequest& request) {
  if (!request.has_since()) return request.from();
  const auto since = proto::FromTimestamp(request.since());
  if (!since) return tl::unexpected(since.error());
  const auto first = reader.FirstLeafSince(*since);
  if (!first) return tl::unexpected(first.error());
  return std::max(request.from(), *first);
}

// One more than `limit`, if there are: so that it is known where to go on.
Result<std::vector<store::LeafRow>> FindEntries(store::Reader& reader,
                                                const ListEntriesRequest& request,
                                                std::uint64_t from, std::size_t limit) {
  if (request.subject().empty()) return reader.Leaves(from, limit + 1);
  return reader.LeavesAbout(SubjectOf(request.subject()), from, limit + 1);
}

Result<ListEntriesResponse> ListEntries(const Desk& desk, const ListEntriesRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto from = StartOf(**reader, request);
  if (!from) return tl::unexpected(from.error());
  const std::size_t limit = PageLimit(request.limit(), entries_by_default, entries_max);
  const auto leaves = FindEntries(**reader, request, *from, limit);
  if (!leaves) return tl::unexpected(leaves.error());
  ListEntriesResponse response;
  for (std::size_t i = 0; i < leaves->size() && i < limit; ++i) {
    *response.add_entries() = ToMessage((*leaves)[i]);
  }
  if (leaves->size() > limit) response.set_next(leaves->back().index);
  return response;
}

Result<ListCheckpointsResponse> ListCheckpoints(const Desk& desk,
                                                const ListCheckpointsRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), checkpoints_by_default, checkpoints_max);
  const auto rows = (*reader)->Checkpoints(request.after_size(), limit + 1);
  if (!rows) return tl::unexpected(rows.error());
  ListCheckpointsResponse response;
  for (std::size_t i = 0; i < rows->size() && i < limit; ++i) {
    response.add_notes((*rows)[i].note);
  }
  response.set_more(rows->size() > limit);
  return response;
}

// The stored hashes of the first `size` entries.
Result<std::vector<history::Hash>> HashesOf(store::Reader& reader, std::uint64_t size) {
  std::vector<history::Hash> hashes;
  hashes.reserve(static_cast<std::size_t>(size));
  while (hashes.size() < size) {
    const auto left = static_cast<std::size_t>(size) - hashes.size();
    const auto leaves = reader.Leaves(hashes.size(), std::min(left, hashes_step));
    if (!leaves) return tl::unexpected(leaves.error());
    for (const store::LeafRow& leaf : *leaves) {
      if (leaf.index == hashes.size()) hashes.push_back(leaf.hash);
    }
    if (leaves->empty() || leaves->back().index + 1 != hashes.size()) {
      return Fail(ErrorCode::corrupt, "entry " + std::to_string(hashes.size()) +
                                          " of the history is missing; verify the history");
    }
  }
  return hashes;
}

// Never gives out a proof that does not hold: the store may have been changed underneath.
Result<ProveEntryResponse> ProveEntry(const Desk& desk, const ProveEntryRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto latest = (*reader)->LatestCheckpoint();
  if (!latest) return tl::unexpected(latest.error());
  const std::uint64_t size = *latest ? (*latest)->size : 0;
  if (request.index() >= size) {
    return Fail(ErrorCode::not_found, "the history has " + std::to_string(size) +
                                          " entries, from 0; there is none of index " +
                                          std::to_string(request.index()));
  }
  const auto checkpoint = history::OpenCheckpoint((*latest)->note, desk.history_keys);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const auto leaves = (*reader)->Leaves(request.index(), 1);
  if (!leaves) return tl::unexpected(leaves.error());
  const auto hashes = HashesOf(**reader, size);
  if (!hashes) return tl::unexpected(hashes.error());
  const auto path = history::InclusionProof(*hashes, request.index());
  if (leaves->empty() ||
      !history::VerifyInclusion(history::LeafHash(leaves->front().leaf), request.index(),
                                checkpoint->size, path, checkpoint->root)) {
    return Fail(ErrorCode::corrupt,
                "the stored history does not agree with its newest checkpoint; verify the history");
  }
  ProveEntryResponse response;
  *response.mutable_entry() = ToMessage(leaves->front());
  for (const history::Hash& hash : path) response.add_path(proto::ToBytes(hash));
  response.set_checkpoint((*latest)->note);
  return response;
}

}  // namespace

void AddHistory(MethodTable& table, const Desk& desk) {
  table.Add<ListEntriesRequest, ListEntriesResponse>(
      "sekisho.v1.History.ListEntries",
      [&desk](const Caller&, const auto& request) { return ListEntries(desk, request); });
  table.Add<ListCheckpointsRequest, ListCheckpointsResponse>(
      "sekisho.v1.History.ListCheckpoints",
      [&desk](const Caller&, const auto& request) { return ListCheckpoints(desk, request); });
  table.Add<ProveEntryRequest, ProveEntryResponse>(
      "sekisho.v1.History.ProveEntry",
      [&desk](const Caller&, const auto& request) { return ProveEntry(desk, request); });
}

}  // namespace agent::api
