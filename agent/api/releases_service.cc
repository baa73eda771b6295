#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "policy/quote.h"
#include "policy/release.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::DiffReleasesRequest;
using sekisho::v1::DiffReleasesResponse;
using sekisho::v1::GetReleaseRequest;
using sekisho::v1::GetReleaseResponse;
using sekisho::v1::ListBrakesRequest;
using sekisho::v1::ListBrakesResponse;
using sekisho::v1::ListReleasesRequest;
using sekisho::v1::ListReleasesResponse;
using sekisho::v1::ReleaseBrakeRequest;
using sekisho::v1::ReleaseBrakeResponse;

constexpr std::size_t releases_by_default = 100;
constexpr std::size_t releases_max = 1000;
constexpr std::size_t difference_max = 100'000;  // blocks, as one message

Result<ListReleasesResponse> ListReleases(const Desk& desk, const ListReleasesRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto rows = (*reader)->ListReleases(
      request.before(), PageLimit(request.limit(), releases_by_default, releases_max));
  if (!rows) return tl::unexpected(rows.error());
  ListReleasesResponse response;
  for (const store::Release& row : *rows) *response.add_releases() = ToMessage(row);
  return response;
}

Result<store::Release> FindRelease(store::Reader& reader, std::uint64_t number) {
  const auto found = number == 0 ? reader.LatestRelease() : reader.FindRelease(number);
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    return Fail(ErrorCode::not_found, number == 0
                                          ? "there is no release yet"
                                          : "there is no release " + std::to_string(number));
  }
  return **found;
}

// Made anew from the blocks' intervals, and given out only if it is what the release recorded.
Result<std::shared_ptr<const policy::ListSnapshot>> ListAt(const Desk& desk, store::Reader& reader,
                                                           const store::Release& release,
                                                           const std::string& name) {
  const auto recorded = std::find_if(release.lists.begin(), release.lists.end(),
                                     [&](const auto& each) { return each.list == name; });
  const auto settings = std::find_if(desk.lists.begin(), desk.lists.end(),
                                     [&](const ListSettings& each) { return each.name == name; });
  if (recorded == release.lists.end() || settings == desk.lists.end()) {
    return Fail(ErrorCode::not_found, "release " + std::to_string(release.number) +
                                          " has no list " + policy::Quote(name));
  }
  std::vector<std::string> lines;
  auto read = reader.ForEachBlockAt(release.number, [&](const store::Block& block) {
    if (CarriesBlock(*settings, block.target)) lines.push_back(policy::LineOf(block.target));
    return true;
  });
  if (read) {
    read = reader.ForEachAllowedAt(release.number, [&](const std::string& line) {
      if (CarriesAllowed(*settings, line)) lines.push_back(line);
      return true;
    });
  }
  if (!read) return tl::unexpected(read.error());
  auto list = policy::ListSnapshot::FromLines(std::move(lines));
  if (list->digest() != recorded->digest) {
    return Fail(ErrorCode::corrupt,
                "list " + name + " of release " + std::to_string(release.number) +
                    " can't be made again: either its kinds in the configuration were changed "
                    "since, or the stored blocks were");
  }
  return list;
}

Result<GetReleaseResponse> GetRelease(const Desk& desk, const GetReleaseRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto release = FindRelease(**reader, request.number());
  if (!release) return tl::unexpected(release.error());
  GetReleaseResponse response;
  *response.mutable_release() = ToMessage(*release);
  if (request.list().empty()) return response;
  const auto list = ListAt(desk, **reader, *release, request.list());
  if (!list) return tl::unexpected(list.error());
  for (std::size_t i = 0; i < (*list)->size(); ++i) {
    response.add_lines(std::string((*list)->line(i)));
  }
  return response;
}

Result<DiffReleasesResponse> DiffReleases(const Desk& desk, const DiffReleasesRequest& request) {
  if (request.from() > request.to()) {
    return Fail(ErrorCode::malformed_input, "the releases are the wrong way round: from " +
                                                std::to_string(request.from()) + " to " +
                                                std::to_string(request.to()));
  }
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  // 0 is the state before the first release.
  for (const std::uint64_t number : {request.from(), request.to()}) {
    if (number == 0) continue;
    if (auto release = FindRelease(**reader, number); !release) {
      return tl::unexpected(release.error());
    }
  }
  const auto change = (*reader)->BlocksBetween(request.from(), request.to());
  if (!change) return tl::unexpected(change.error());
  if (change->added.size() + change->removed.size() > difference_max) {
    return Fail(ErrorCode::exhausted, "more than " + std::to_string(difference_max) +
                                          " blocks differ; compare releases nearer to each other");
  }
  DiffReleasesResponse response;
  for (const store::Block& block : change->added) *response.add_added() = ToMessage(block);
  for (const store::Block& block : change->removed) *response.add_removed() = ToMessage(block);
  return response;
}

struct Held {
  std::uint64_t adds = 0;
  std::uint64_t removals = 0;
};

Result<Held> CountHeld(store::Reader& reader) {
  Held held;
  auto read = reader.ForEachLiveBlock([&](const store::Block& block) {
    if (!block.added_release) ++held.adds;
    if (block.added_release && !block.removed_because.empty()) ++held.removals;
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return held;
}

Result<ListBrakesResponse> ListBrakes(const Desk& desk) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto brakes = (*reader)->OpenBrakes();
  if (!brakes) return tl::unexpected(brakes.error());
  ListBrakesResponse response;
  if (brakes->empty()) return response;
  const auto held = CountHeld(**reader);
  if (!held) return tl::unexpected(held.error());
  for (const store::Brake& brake : *brakes) {
    sekisho::v1::Brake& message = *response.add_brakes();
    message.set_id(brake.id);
    *message.mutable_since() = proto::ToTimestamp(brake.since);
    message.set_direction(brake.direction);
    message.set_reason(brake.reason);
    if (brake.direction == "add") message.set_held(held->adds);
    if (brake.direction == "remove") message.set_held(held->removals);
  }
  return response;
}

Result<ReleaseBrakeResponse> ReleaseBrake(const Desk& desk, const Caller& caller,
                                          const ReleaseBrakeRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto release = desk.engine.ReleaseBrake(request.id(), caller.name, request.reason());
  if (!release) return tl::unexpected(release.error());
  ReleaseBrakeResponse response;
  response.set_release(*release);
  return response;
}

}  // namespace

void AddReleases(MethodTable& table, const Desk& desk) {
  table.Add<ListReleasesRequest, ListReleasesResponse>(
      "sekisho.v1.Releases.ListReleases",
      [&desk](const Caller&, const auto& request) { return ListReleases(desk, request); });
  table.Add<GetReleaseRequest, GetReleaseResponse>(
      "sekisho.v1.Releases.GetRelease",
      [&desk](const Caller&, const auto& request) { return GetRelease(desk, request); });
  table.Add<DiffReleasesRequest, DiffReleasesResponse>(
      "sekisho.v1.Releases.DiffReleases",
      [&desk](const Caller&, const auto& request) { return DiffReleases(desk, request); });
  table.Add<ListBrakesRequest, ListBrakesResponse>(
      "sekisho.v1.Releases.ListBrakes",
      [&desk](const Caller&, const auto&) { return ListBrakes(desk); });
  table.Add<ReleaseBrakeRequest, ReleaseBrakeResponse>(
      "sekisho.v1.Releases.ReleaseBrake", [&desk](const Caller& caller, const auto& request) {
        return ReleaseBrake(desk, caller, request);
      });
}

}  // namespace agent::api
