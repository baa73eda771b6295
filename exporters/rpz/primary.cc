#include "exporters/rpz/primary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "exporters/rpz/transfer.h"
#include "exporters/rpz/trigger.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

// Even if nothing of a name could be compressed away, 250 owners take less than 64 KB.
constexpr std::size_t records_per_update = 240;

// A zone of a million names comes in seconds.
constexpr std::chrono::minutes transfer_time_max{2};

Failure Refused(const Response& response, const std::string& zone) {
  std::string advice = "look at its log";
  if (response.rcode == rcode_rrset_missing) {
    advice = "somebody else changed the zone meanwhile; the whole zone has to be written again";
  } else if (response.rcode == rcode_not_authoritative) {
    advice = "is it a primary for the zone, and does it know our TSIG key? Are the clocks right?";
  } else if (response.rcode == rcode_refused) {
    advice =
        "the zone needs `update-policy { grant KEY zonesub ANY; };` (BIND) or an `acl` with "
        "`action: "
        "update` (Knot DNS), and must not be frozen (`rndc thaw`)";
  }
  return {DeviceState::unchanged, fmt::format("the primary refused the update of {} with {}: {}",
                                              zone, RcodeName(response.rcode), advice)};
}

// Any error once a message may have been read.
Failure Unsure(const std::string& why) {
  return {DeviceState::unknown, why + "; the update may have been made or not"};
}

}  // namespace

Result<Response> Primary::ReadSigned(const std::string& wire, const Request& request) const {
  auto response = ReadResponse(wire, request, &key_);
  if (response && !response->verified) {
    return Fail(ErrorCode::unauthenticated,
                fmt::format("the primary {} answered {} without a valid signature; does it have "
                            "the TSIG key '{}', and are the clocks right?",
                            ToString(endpoint_), RcodeName(response->rcode), key_.name));
  }
  return response;
}

Result<ZoneState> Primary::StateOf(const Result<Response>& soa, const Result<Response>& txt) const {
  if (!soa) return tl::unexpected(soa.error());
  if (soa->rcode != rcode_no_error || !soa->authoritative || !soa->soa) {
    return Fail(ErrorCode::not_found,
                fmt::format("{} does not serve the zone {} ({}); see its log", ToString(endpoint_),
                            zone_.name, RcodeName(soa->rcode)));
  }
  if (!txt) return tl::unexpected(txt.error());
  ZoneState state{soa->soa->data, soa->soa->serial, std::nullopt};
  if (txt->text) {
    if (auto stamp = ParseStamp(*txt->text)) state.stamp = *stamp;
  }
  return state;
}

Result<ZoneState> Primary::Read() const {
  return ReadAll({this}).front();
}

std::vector<Result<ZoneState>> Primary::ReadAll(const std::vector<const Primary*>& zones) {
  const auto fail = [&](policy::Error error) {
    return std::vector<Result<ZoneState>>(zones.size(), tl::unexpected(std::move(error)));
  };
  std::vector<Request> requests;
  std::vector<std::string> wires;
  for (const Primary* zone : zones) {
    const std::string& name = zone->zone_.name;
    for (const auto& [asked, type] :
         {std::pair(name, RecordType::soa),
          std::pair(fmt::format("{}.{}", StampOwner(name), name), RecordType::txt)}) {
      auto request = MakeQuery(asked, type, /*recursive=*/false, &zone->key_);
      if (!request) return fail(request.error());
      wires.push_back(request->wire);
      requests.push_back(*std::move(request));
    }
  }
  auto channel = TcpChannel::Connect(zones.front()->endpoint_, zones.front()->timeout_);
  if (!channel) return fail(channel.error());
  const auto answers = channel->ExchangeAll(wires);
  // A question that got no answer has changed nothing.
  if (!answers) return fail({ErrorCode::unavailable, answers.error().detail});
  std::vector<Result<ZoneState>> states;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const Primary& zone = *zones[i];
    states.push_back(zone.StateOf(zone.ReadSigned((*answers)[2 * i], requests[2 * i]),
                                  zone.ReadSigned((*answers)[2 * i + 1], requests[2 * i + 1])));
  }
  return states;
}

Result<std::string> Primary::ReadRecords(std::size_t size_max) const {
  const auto request = MakeQuery(zone_.name, RecordType::axfr, /*recursive=*/false, &key_);
  if (!request) return tl::unexpected(request.error());
  auto channel = TcpChannel::Connect(endpoint_, timeout_);
  if (!channel) return tl::unexpected(channel.error());
  const auto deadline = std::chrono::steady_clock::now() + transfer_time_max;
  Transfer transfer(*request, zone_.name, key_);
  for (auto wire = channel->Exchange(request->wire);; wire = channel->Next()) {
    if (!wire) return Fail(ErrorCode::unavailable, wire.error().detail);
    if (auto ok = transfer.Add(*wire); !ok) return tl::unexpected(ok.error());
    if (transfer.complete()) return transfer.records();
    if (transfer.records().size() > size_max || std::chrono::steady_clock::now() > deadline) {
      return Fail(ErrorCode::exhausted, "the zone is too large, or comes too slowly");
    }
  }
}

std::size_t Primary::OwnersPerUpdate() const {
  return records_per_update / std::max<std::size_t>(1, records_.size());
}

std::uint32_t Primary::UpdateCount(const OwnerChange& change) const {
  const std::size_t owners = change.added.size() + change.removed.size();
  return static_cast<std::uint32_t>(
      std::max<std::size_t>(1, (owners + OwnersPerUpdate() - 1) / OwnersPerUpdate()));
}

std::vector<ZoneUpdate> Primary::Plan(const ZoneState& state, const OwnerChange& change,
                                      const Stamp& stamp) const {
  const std::uint32_t count = UpdateCount(change);
  const auto owners_max = static_cast<std::ptrdiff_t>(OwnersPerUpdate());
  std::string soa = state.soa_data;
  std::vector<ZoneUpdate> updates;
  // Additions come first: what loses its parent's cover gets its own before that one goes.
  auto added = change.added.begin();
  auto removed = change.removed.begin();
  for (std::uint32_t i = 0; i < count; ++i) {
    ZoneUpdate update;
    update.zone = zone_.name;
    update.ttl = zone_.ttl;
    update.records = records_;
    update.soa_before = soa;
    update.soa_after = SoaData(zone_, stamp.serial - (count - 1 - i));
    soa = update.soa_after;
    const auto adds = std::min(owners_max, change.added.end() - added);
    update.added.assign(added, added + adds);
    added += adds;
    const auto removals = std::min(owners_max - adds, change.removed.end() - removed);
    update.removed.assign(removed, removed + removals);
    removed += removals;
    updates.push_back(std::move(update));
  }
  updates.back().stamp = ToText(stamp);
  return updates;
}

Outcome<void> Primary::Update(const ZoneState& state, const OwnerChange& change,
                              const Stamp& stamp) const {
  auto channel = TcpChannel::Connect(endpoint_, timeout_);
  if (!channel) return tl::unexpected(Failure{DeviceState::unchanged, channel.error().detail});
  bool changed = false;
  const auto fail = [&](Failure failure) {
    if (changed && failure.device == DeviceState::unchanged) failure.device = DeviceState::changed;
    return tl::unexpected(std::move(failure));
  };
  for (const ZoneUpdate& update : Plan(state, change, stamp)) {
    const auto request = MakeUpdate(update, key_);
    if (!request) return fail({DeviceState::unchanged, request.error().detail});
    const auto wire = channel->Exchange(request->wire);
    if (!wire) return fail(Unsure(wire.error().detail));
    const auto response = ReadResponse(*wire, *request, &key_);
    if (!response) return fail(Unsure(response.error().detail));
    // A primary that doesn't know our key can't sign its refusal (RFC 8945 section 5.2).
    const bool not_our_key = response->rcode == rcode_not_authoritative;
    if (!response->verified && !not_our_key) {
      return fail(Unsure(fmt::format("the primary's answer {} has no valid signature",
                                     RcodeName(response->rcode))));
    }
    if (response->rcode == rcode_server_failure) {
      return fail(Unsure("the primary answered SERVFAIL; see its log"));
    }
    if (response->rcode != rcode_no_error) return fail(Refused(*response, zone_.name));
    changed = true;
  }
  return {};
}

}  // namespace exporters::rpz
