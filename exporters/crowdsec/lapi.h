#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporters/crowdsec/bouncers.h"
#include "exporters/crowdsec/ledger.h"
#include "platform/clock.h"
#include "platform/http_server.h"

namespace exporters::crowdsec {

// That part of CrowdSec's local API which bouncers use:
//
//   GET, HEAD /v1/decisions/stream   what changed since the bouncer's last pull; with startup=true,
//                                    all that is in force
//   GET, HEAD /v1/decisions          what is in force: for one address, or all
//   POST      /v1/usage-metrics      what the bouncer did
//   GET       /health
//
// A bouncer names itself by X-Api-Key. HEAD only tries the key. Any thread.
class Lapi {
 public:
  // `own_key` is for the exporter's own pulls, which nobody else sees. `has_ranges`: some decisions
  // are of ranges, so that a bouncer that leaves those out enforces less.
  Lapi(Bouncers bouncers, const std::string& own_key, bool has_ranges,
       const platform::Clock& clock);

  platform::HttpServerResponse Respond(const platform::HttpServerRequest& request);

  // From now on this is in force.
  void Put(std::shared_ptr<const Ledger> ledger);

  // A copy of what is known of the bouncers.
  Bouncers bouncers() const;

  // The change that each bouncer, and we ourselves, have been told of for good.
  std::uint64_t told_to_all() const;

  // Waits until no bouncer that has asked since `since` is behind `change`; false after `timeout`.
  bool WaitForPulls(std::uint64_t change, policy::TimePoint since, std::chrono::seconds timeout);

 private:
  // The answer to a bouncer that starts, for as long as it is right.
  struct Whole {
    std::shared_ptr<const Ledger> ledger;
    policy::TimePoint made;
    std::shared_ptr<const std::string> json;
    std::shared_ptr<const std::string> gzip;
  };

  platform::HttpServerResponse Answer(const platform::HttpServerRequest& request, Bouncer& bouncer,
                                      const std::shared_ptr<const Ledger>& ledger);
  platform::HttpServerResponse Stream(const platform::HttpServerRequest& request, Bouncer& bouncer,
                                      const std::shared_ptr<const Ledger>& ledger);
  platform::HttpServerResponse TakeMetrics(const platform::HttpServerRequest& request,
                                           Bouncer& bouncer);
  std::shared_ptr<const Whole> WholeOf(const std::shared_ptr<const Ledger>& ledger,
                                       policy::TimePoint now);

  const bool has_ranges_;
  const platform::Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable pulled_;
  std::shared_ptr<const Ledger> ledger_;
  Bouncers bouncers_;
  Bouncers own_;  // one
  std::shared_ptr<const Whole> whole_;
};

}  // namespace exporters::crowdsec
