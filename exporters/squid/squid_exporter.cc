#include "exporters/squid/squid_exporter.h"

#include <fmt/core.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "exporters/await.h"
#include "exporters/squid/contents.h"
#include "exporters/squid/control.h"
#include "exporters/squid/generations.h"
#include "exporters/squid/proxy_probe.h"
#include "exporters/squid/render.h"
#include "exporters/squid/samples.h"
#include "exporters/squid/settings.h"
#include "platform/log.h"
#include "policy/evaluate.h"

namespace exporters {
namespace squid {
namespace {

using policy::ErrorCode;
using policy::Fail;

// A list made ready for Squid.
struct Wanted {
  const policy::ListSnapshot& list;
  Contents contents;
  Rendered rendered;
  std::string generation;
};

tl::unexpected<Failure> Unchanged(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unchanged, std::move(reason)});
}

// A name that no list blocks.
constexpr const char* kControlName = "control.sekisho.invalid";

std::string UrlOf(const std::string& marker) {
  return "http://" + marker + "/";
}

class SquidExporter final : public Exporter {
 public:
  SquidExporter(Settings settings, std::string version, const platform::Clock& clock)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        clock_(clock),
        control_(settings_),
        probe_(settings_.proxy_host, settings_.proxy_port, settings_.error_page,
               settings_.probe_timeout),
        generations_(settings_.directory) {}

  Profile profile() const override { return {version_, {"domain", "ip", "url"}, 0}; }

  Result<Artifact> Render(const policy::ListSnapshot& list) const override {
    const auto contents = ContentsOf(list, settings_);
    if (!contents) return tl::unexpected(contents.error());
    return squid::Render(list, *contents, settings_).artifact;
  }

  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;
  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override;

  // Makes what a first list can be rolled back to, and what squid.conf can include before there is
  // one. Gives the current generation.
  Result<std::string> EnsureBaseline();

 private:
  Result<Wanted> Prepare(const policy::ListSnapshot& list, const Change* change = nullptr);
  std::string Verify(const Wanted& wanted, const Samples& changed) const;
  std::string CheckSamples(const Samples& samples) const;
  std::string ProbeOf(const policy::Indicator& target) const;
  Result<void> Enforce(const Wanted& wanted, bool reconfigure);
  Result<void> AwaitMarker(const std::string& marker) const;
  tl::unexpected<Failure> RollBack(const std::string& before, const Wanted& wanted,
                                   const std::string& reason);
  Proof ProofOf(const Wanted& wanted, const std::string& problem) const;

  Settings settings_;
  std::string version_;
  const platform::Clock& clock_;
  Control control_;
  ProxyProbe probe_;
  Generations generations_;

  // What was made ready last, so that the next change need not read the whole list.
  struct Last {
    policy::Sha256 digest;
    Contents contents;
  };
  std::optional<Last> last_;
};

// `change` is the way to `list`, where there is one.
Result<Wanted> SquidExporter::Prepare(const policy::ListSnapshot& list, const Change* change) {
  const bool is_last = last_ && last_->digest == list.digest();
  const bool is_next = last_ && change != nullptr && change->base != nullptr &&
                       last_->digest == change->base->digest();
  auto contents = is_last   ? Result<Contents>(last_->contents)
                  : is_next ? ContentsAfter(last_->contents, change->delta, list, settings_)
                            : ContentsOf(list, settings_);
  if (!contents) return tl::unexpected(contents.error());
  Rendered rendered = squid::Render(list, *contents, settings_);
  std::string generation = Generations::NameOf(rendered.artifact);
  last_ = Last{list.digest(), *contents};
  return Wanted{list, std::move(*contents), std::move(rendered), std::move(generation)};
}

Result<std::string> SquidExporter::EnsureBaseline() {
  if (auto current = generations_.Current()) return *current;
  const auto list = policy::ListSnapshot::Empty();
  const auto empty = Prepare(*list);
  if (!empty) return tl::unexpected(empty.error());
  if (auto ok = generations_.Write(empty->rendered.artifact); !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = generations_.Switch(empty->generation); !ok) return tl::unexpected(ok.error());
  return empty->generation;
}

Result<void> SquidExporter::AwaitMarker(const std::string& marker) const {
  if (AwaitWithin(settings_.reconfigure_timeout, clock_,
                  [&] { return probe_.Ask(UrlOf(marker)) == Answer::blocked; })) {
    return {};
  }
  return Fail(
      ErrorCode::exhausted,
      fmt::format("the proxy does not enforce the list {} s after it was asked to; see that "
                  "squid.conf has, above its first http_access line:  include "
                  "{}/current/{}",
                  settings_.reconfigure_timeout.count(), settings_.directory.native(),
                  kFragmentFile));
}

// The switch was made; makes Squid follow.
Result<void> SquidExporter::Enforce(const Wanted& wanted, bool reconfigure) {
  if (reconfigure) {
    if (auto ok = control_.Reconfigure(); !ok) return ok;
    if (auto ok = AwaitMarker(wanted.rendered.acl_marker); !ok) return ok;
  }
  return AwaitMarker(wanted.rendered.requests_marker);
}

std::string SquidExporter::CheckSamples(const Samples& samples) const {
  for (const std::string& url : samples.blocked) {
    if (probe_.Ask(url) != Answer::blocked) {
      return "the proxy does not block " + url +
             ", which is on the list; see that no http_access line stands above our include";
    }
  }
  for (const std::string& url : samples.let_through) {
    if (probe_.Ask(url) == Answer::blocked) {
      return "the proxy still blocks " + url + ", which has left the list";
    }
  }
  return {};
}

// What a client would ask the proxy for. Within https it sees no URL but where it inspects TLS.
std::string SquidExporter::ProbeOf(const policy::Indicator& target) const {
  if (const auto* url = std::get_if<policy::Url>(&target)) {
    const bool is_seen = settings_.tls_inspection || url->text().starts_with("http:");
    return is_seen ? url->text() : ProbeOf(policy::HostOf(*url));
  }
  if (const auto* address = std::get_if<policy::IpPrefix>(&target)) {
    const bool v4 = address->family() == policy::IpFamily::v4;
    return UrlOf(v4 ? address->AddressString() : "[" + address->AddressString() + "]");
  }
  return UrlOf(policy::TextOf(target));
}

Outcome<std::vector<policy::Indicator>> SquidExporter::Blocked(
    const std::vector<policy::Indicator>& targets) {
  std::vector<policy::Indicator> blocked;
  for (const policy::Indicator& target : targets) {
    const Answer answer = probe_.Ask(ProbeOf(target));
    if (answer == Answer::no_answer) {
      return tl::unexpected(
          Failure{DeviceState::unknown, "the proxy gives no answer for " + policy::TextOf(target)});
    }
    if (answer == Answer::blocked) blocked.push_back(target);
  }
  return blocked;
}

// Says what is wrong with what the proxy does; empty if nothing is.
std::string SquidExporter::Verify(const Wanted& wanted, const Samples& changed) const {
  // A proxy that denies us everything would pass every other probe.
  if (probe_.Ask(UrlOf(kControlName)) != Answer::let_through) {
    return "the proxy does not let the control probe " + UrlOf(kControlName) +
           " through: allow this host's requests in squid.conf below our include";
  }
  for (const std::string& marker : {wanted.rendered.acl_marker, wanted.rendered.requests_marker}) {
    if (probe_.Ask(UrlOf(marker)) != Answer::blocked) {
      return "the proxy does not hold this list: it does not block " + marker;
    }
  }
  if (auto problem = generations_.FirstDifference(wanted.rendered.artifact); !problem.empty()) {
    return problem;
  }
  if (auto problem = CheckSamples(changed); !problem.empty()) return problem;
  return CheckSamples(SamplesOf(wanted.list, wanted.contents, settings_));
}

Proof SquidExporter::ProofOf(const Wanted& wanted, const std::string& problem) const {
  const Artifact& artifact = wanted.rendered.artifact;
  if (!problem.empty()) {
    return {false, 0, artifact.not_enforceable, problem, generations_.Difference(artifact)};
  }
  const auto samples = SamplesOf(wanted.list, wanted.contents, settings_).blocked.size();
  return {
      true, artifact.enforced, artifact.not_enforceable,
      fmt::format("the proxy denies both names made of this list's digest and {} of {} samples; "
                  "the files are byte for byte the list's",
                  samples, samples)};
}

tl::unexpected<Failure> SquidExporter::RollBack(const std::string& before, const Wanted& wanted,
                                                const std::string& reason) {
  const auto failed = [&](const std::string& why) {
    return tl::unexpected(
        Failure{DeviceState::unknown, reason + "; going back to the list before failed: " + why});
  };
  if (auto ok = generations_.Switch(before); !ok) return failed(ok.error().detail);
  const auto names = generations_.Read(before, kNamesFile);
  if (!names) return failed(names.error().detail);
  const std::string marker = names->substr(0, names->find('\n'));
  if (probe_.Ask(UrlOf(marker)) == Answer::blocked && marker == wanted.rendered.acl_marker) {
    return Unchanged(reason + "; went back to the list before");
  }
  if (auto ok = control_.Reconfigure(); !ok) return failed(ok.error().detail);
  if (auto ok = AwaitMarker(marker); !ok) return failed(ok.error().detail);
  return Unchanged(reason + "; went back to the list before");
}

Outcome<Proof> SquidExporter::Apply(const Change& change) {
  const auto wanted = Prepare(change.list, &change);
  if (!wanted) return Unchanged(wanted.error().detail);
  const auto before = EnsureBaseline();
  if (!before) return Unchanged(before.error().detail);
  const Answer held = probe_.Ask(UrlOf(wanted->rendered.acl_marker));
  if (held == Answer::no_answer) {
    return Unchanged(
        fmt::format("no proxy answers at {} port {}: is Squid running, and is `proxy` "
                    "its address?",
                    settings_.proxy_host, settings_.proxy_port));
  }
  const auto changed_by_hand = generations_.Write(wanted->rendered.artifact);
  if (!changed_by_hand) return Unchanged(changed_by_hand.error().detail);
  const auto folder = generations_.PathOf(wanted->generation);
  if (auto ok = control_.CheckHelper(folder, wanted->rendered.requests_marker, kControlName); !ok) {
    return Unchanged(ok.error().detail);
  }
  // What Squid has in memory already it need not be asked to read.
  const bool reconfigure = *changed_by_hand || held != Answer::blocked;
  if (reconfigure) {
    if (auto ok = control_.Check(folder); !ok) return Unchanged(ok.error().detail);
  }
  if (auto ok = generations_.Switch(wanted->generation); !ok) {
    return RollBack(*before, *wanted, ok.error().detail);
  }
  if (auto ok = Enforce(*wanted, reconfigure); !ok) {
    return RollBack(*before, *wanted, ok.error().detail);
  }
  const auto problem =
      Verify(*wanted, SamplesOf(wanted->list, wanted->contents, change.delta, settings_));
  if (!problem.empty()) return RollBack(*before, *wanted, problem);
  generations_.Prune(wanted->generation, *before);
  return ProofOf(*wanted, {});
}

Outcome<Proof> SquidExporter::ReadBack(const policy::ListSnapshot& list) {
  const auto wanted = Prepare(list);
  if (!wanted) return Unchanged(wanted.error().detail);
  if (auto ok = EnsureBaseline(); !ok) return Unchanged(ok.error().detail);
  if (probe_.Ask(UrlOf(wanted->rendered.acl_marker)) == Answer::no_answer) {
    return Unchanged(
        fmt::format("no proxy answers at {} port {}", settings_.proxy_host, settings_.proxy_port));
  }
  return ProofOf(*wanted, Verify(*wanted, {}));
}

}  // namespace
}  // namespace squid

Result<std::unique_ptr<Exporter>> MakeSquid(const config::Node& node,
                                            const Environment& environment) {
  auto settings = squid::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = squid::Control(*settings).Version();
  if (!version) return tl::unexpected(version.error());
  auto exporter = std::make_unique<squid::SquidExporter>(std::move(*settings), std::move(*version),
                                                         environment.clock);
  if (environment.check_only) return exporter;
  // Squid doesn't start without the file that it includes, whether or not there is an agent yet.
  if (auto ok = exporter->EnsureBaseline(); !ok) return tl::unexpected(ok.error());
  return exporter;
}

}  // namespace exporters
