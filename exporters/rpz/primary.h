#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/rpz/contents.h"
#include "exporters/rpz/message.h"
#include "exporters/rpz/tcp_channel.h"
#include "exporters/rpz/tsig_key.h"
#include "exporters/rpz/zone.h"

namespace exporters::rpz {

// What the primary says of the zone it serves.
struct ZoneState {
  std::string soa_data;
  std::uint32_t serial = 0;
  std::optional<Stamp> stamp;  // nothing if it isn't one of ours

  // Whether the zone is, record for record, what the stamp says.
  bool untouched() const { return stamp && stamp->serial == serial; }
  bool Holds(const policy::Sha256& list) const { return untouched() && stamp->digest == list; }
};

// The DNS primary that holds the zone, over TCP and TSIG. Not thread-safe.
class Primary {
 public:
  Primary(Endpoint endpoint, TsigKey key, ZoneParameters zone, std::chrono::milliseconds timeout)
      : endpoint_(std::move(endpoint)),
        key_(std::move(key)),
        zone_(std::move(zone)),
        records_(zone_.action.Records()),
        timeout_(timeout) {}

  // `not_found` if the primary runs but doesn't serve the zone; `unauthenticated` if it doesn't
  // take our key; `unavailable` if it doesn't answer.
  policy::Result<ZoneState> Read() const;

  // The same of several zones of one primary, by one exchange.
  static std::vector<policy::Result<ZoneState>> ReadAll(const std::vector<const Primary*>& zones);

  // All that the zone holds, as Transfer::records has it: a look at what somebody changed, which
  // takes as long as the zone is large. `exhausted` if that is more than `size_max` bytes.
  policy::Result<std::string> ReadRecords(std::size_t size_max) const;

  // Leads the zone from `state` to what `stamp` says, by updates (RFC 2136). A change of up to 240
  // records is one update and so atomic. A larger one takes several, of which the last brings the
  // stamp: until then, the zone says of itself that it is in between. Each requires the SOA of the
  // one before, so that nobody else's change is built upon. `stamp.serial` is UpdateCount(change)
  // after the serial to start from, which is that of `state` or a newer one.
  Outcome<void> Update(const ZoneState& state, const OwnerChange& change, const Stamp& stamp) const;

  std::uint32_t UpdateCount(const OwnerChange& change) const;

 private:
  std::size_t OwnersPerUpdate() const;
  policy::Result<Response> ReadSigned(const std::string& wire, const Request& request) const;
  policy::Result<ZoneState> StateOf(const policy::Result<Response>& soa,
                                    const policy::Result<Response>& txt) const;
  std::vector<ZoneUpdate> Plan(const ZoneState& state, const OwnerChange& change,
                               const Stamp& stamp) const;

  Endpoint endpoint_;
  TsigKey key_;
  ZoneParameters zone_;
  std::vector<std::string> records_;  // of each owner
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
