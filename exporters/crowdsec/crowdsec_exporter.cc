#include "exporters/crowdsec/crowdsec_exporter.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "exporters/crowdsec/bouncers.h"
#include "exporters/crowdsec/lapi.h"
#include "exporters/crowdsec/ledger.h"
#include "exporters/crowdsec/ledger_file.h"
#include "exporters/crowdsec/mirror.h"
#include "exporters/crowdsec/settings.h"
#include "exporters/crowdsec/values.h"
#include "exporters/listener.h"
#include "platform/encoding.h"
#include "platform/log.h"

namespace exporters {
namespace crowdsec {
namespace {

tl::unexpected<Failure> Unchanged(const policy::Error& error) {
  return tl::unexpected(Failure{DeviceState::unchanged, error.detail});
}

tl::unexpected<Failure> Unknown(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unknown, std::move(reason)});
}

class CrowdsecExporter final : public Exporter {
 public:
  CrowdsecExporter(Settings settings, const Environment& environment, std::string own_key)
      : settings_(std::move(settings)),
        ledger_file_(environment.state_dir / "decisions"),
        bouncers_path_(environment.state_dir / "bouncers"),
        clock_(environment.clock),
        started_(environment.clock.SteadyNow()),
        own_key_(std::move(own_key)) {}
  ~CrowdsecExporter() override;

  Result<void> Start();

  Profile profile() const override { return {"CrowdSec local API", {"ip"}, settings_.entries_max}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;

 private:
  Result<Values> ValuesOf(const policy::ListSnapshot& list) const {
    return crowdsec::ValuesOf(list, settings_.prefixes, settings_.entries_max);
  }
  Result<void> Decide(const std::vector<policy::IpPrefix>& values);
  Proof ProofOf(const Values& values) const;
  bool IsPulledByAll() const;

  Settings settings_;
  LedgerFile ledger_file_;
  std::filesystem::path bouncers_path_;
  const platform::Clock& clock_;
  std::chrono::steady_clock::time_point started_;
  std::string own_key_;                   // never leaves the process
  std::shared_ptr<const Ledger> ledger_;  // null before the first list
  std::optional<Mirror> mirror_;
  std::shared_ptr<Lapi> lapi_;
  std::unique_ptr<Listener> listener_;
};

Result<void> CrowdsecExporter::Start() {
  Bouncers bouncers(settings_.bouncers);
  if (auto ok = bouncers.Read(bouncers_path_); !ok) platform::Warn("{}", ok.error().detail);
  auto ledger = ledger_file_.Read(settings_.hold);
  if (!ledger) platform::Warn("{}", ledger.error().detail);
  lapi_ = std::make_shared<Lapi>(bouncers, own_key_, settings_.prefixes.as_ranges, clock_);
  if (ledger && ledger->head() != 0) {
    ledger_ = std::make_shared<const Ledger>(std::move(*ledger));
    lapi_->Put(ledger_);
  }
  auto listener = Listener::Start(
      settings_.listen, [lapi = lapi_](const auto& request) { return lapi->Respond(request); });
  if (!listener) return tl::unexpected(std::move(listener.error()));
  listener_ = std::move(*listener);
  mirror_.emplace(listener_->local_url(), own_key_);
  return {};
}

CrowdsecExporter::~CrowdsecExporter() {
  listener_.reset();  // no more pulls
  if (!lapi_) return;
  if (auto ok = lapi_->bouncers().Write(bouncers_path_); !ok) {
    platform::Warn("{}; bouncers are told some of it twice", ok.error().detail);
  }
}

Result<Artifact> CrowdsecExporter::Render(const policy::ListSnapshot& list) const {
  const auto values = ValuesOf(list);
  if (!values) return tl::unexpected(values.error());
  std::string text;
  for (const policy::IpPrefix& value : values->prefixes) {
    text += value.is_address() ? "Ip " + value.AddressString() : "Range " + value.ToString();
    text += '\n';
  }
  return Artifact{{{"decisions", std::move(text)}}, values->enforced, values->not_enforceable};
}

// Has exactly `values` in force, on disk before any bouncer hears of it.
Result<void> CrowdsecExporter::Decide(const std::vector<policy::IpPrefix>& values) {
  const Bouncers bouncers = lapi_->bouncers();
  if (auto ok = bouncers.Write(bouncers_path_); !ok) return ok;
  auto next = std::make_shared<Ledger>(ledger_ ? *ledger_ : Ledger(settings_.hold));
  // After a loss of the file, say, bouncers know of later changes than it does.
  next->StartAfter(bouncers.told_to_any());
  next->Become(values, clock_.Now());
  if (ledger_ && ledger_->head() == next->head()) return {};
  if (next->head() == 0) next->StartAfter(1);  // an empty list is a list
  if (auto ok = ledger_file_.Write(*next); !ok) return ok;
  next->Forget(lapi_->told_to_all(), clock_.Now());
  ledger_ = next;
  lapi_->Put(ledger_);
  return {};
}

Proof CrowdsecExporter::ProofOf(const Values& values) const {
  std::string how =
      fmt::format("pulled as a bouncer does, and got its {} decisions; {}", mirror_->size(),
                  lapi_->bouncers().Report(ledger_->head(), clock_.Now()));
  if (values.too_wide != 0) {
    how += fmt::format("; {} prefixes of more than {} addresses (expand_max) are left out",
                       values.too_wide, settings_.prefixes.expand_max);
  }
  return {true, values.enforced, values.not_enforceable, std::move(how)};
}

Outcome<Proof> CrowdsecExporter::Apply(const Change& change) {
  const auto values = ValuesOf(change.list);
  if (!values) return Unchanged(values.error());
  const policy::TimePoint keeps_up_since = clock_.Now() - settings_.pull_within;
  if (auto ok = Decide(values->prefixes); !ok) return Unchanged(ok.error());
  if (auto ok = mirror_->Pull(change.base == nullptr); !ok) return Unknown(ok.error().detail);
  if (!mirror_->HoldsExactly(values->prefixes)) {
    return Unknown("a bouncer that pulls does not get the list");
  }
  // Those that keep up do so in seconds; those that don't are for ReadBack to complain of, since no
  // bouncer shall keep a list from the others.
  lapi_->WaitForPulls(ledger_->head(), keeps_up_since, settings_.pull_within);
  return ProofOf(*values);
}

bool CrowdsecExporter::IsPulledByAll() const {
  // While the exporter was not there, no bouncer could pull.
  const bool could_pull = clock_.SteadyNow() - started_ > settings_.pull_within;
  const policy::TimePoint late_before = clock_.Now() - settings_.pull_within;
  const Bouncers bouncers = lapi_->bouncers();
  return std::none_of(bouncers.all().begin(), bouncers.all().end(), [&](const Bouncer& one) {
    return one.told < ledger_->head() || one.narrowed || (could_pull && one.asked < late_before);
  });
}

Outcome<Proof> CrowdsecExporter::ReadBack(const policy::ListSnapshot& list) {
  listener_->RenewTls();
  const auto values = ValuesOf(list);
  if (!values) return Unchanged(values.error());
  if (!ledger_ || !ledger_->HoldsExactly(values->prefixes)) {
    return Proof{false, 0, 0, "other decisions are in force than those of the list"};
  }
  if (auto ok = Decide(values->prefixes); !ok) return Unchanged(ok.error());  // renews
  if (auto ok = mirror_->Pull(true); !ok) return Unknown(ok.error().detail);
  if (!mirror_->HoldsExactly(values->prefixes)) {
    return Proof{false, 0, 0, "a bouncer that pulls does not get the list"};
  }
  const Proof proof = ProofOf(*values);
  if (!IsPulledByAll()) {
    return Unknown("not every bouncer is known to have the list: " + proof.how);
  }
  return proof;
}

}  // namespace
}  // namespace crowdsec

Result<std::unique_ptr<Exporter>> MakeCrowdsec(const config::Node& node,
                                               const Environment& environment) {
  auto settings = crowdsec::ReadSettings(node);
  if (!settings) return tl::unexpected(std::move(settings.error()));
  auto key = platform::RandomBytes(32);
  if (!key) return tl::unexpected(std::move(key.error()));
  auto exporter = std::make_unique<crowdsec::CrowdsecExporter>(std::move(*settings), environment,
                                                               platform::ToHex(*key));
  if (environment.check_only) return exporter;
  if (auto ok = exporter->Start(); !ok) return tl::unexpected(std::move(ok.error()));
  return exporter;
}

}  // namespace exporters
