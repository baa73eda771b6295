#include "exporters/http_list/http_list_exporter.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "exporters/http_list/access.h"
#include "exporters/http_list/published.h"
#include "exporters/http_list/served_file.h"
#include "exporters/http_list/settings.h"
#include "exporters/http_list/shelf.h"
#include "exporters/http_list/signatures.h"
#include "exporters/listener.h"
#include "platform/encoding.h"
#include "platform/http_client.h"
#include "platform/log.h"

namespace exporters {
namespace {

using http_list::Access;
using http_list::Served;
using http_list::Settings;
using http_list::Shelf;
using http_list::Variant;

std::string CanonicalNameOf(const std::string& device) {
  return device + ".canonical.txt";
}

class HttpListExporter final : public Exporter {
 public:
  HttpListExporter(Settings settings, const Environment& environment, std::string own_token)
      : settings_(std::move(settings)),
        canonical_name_(CanonicalNameOf(environment.device)),
        served_path_(environment.state_dir / "served.list"),
        clock_(environment.clock),
        own_token_(std::move(own_token)) {}

  Result<void> Start();

  Profile profile() const override;
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;

 private:
  Result<void> Listen();
  Result<void> Serve(const Served& served);
  Outcome<Proof> PutBack(const std::string& reason);
  Result<std::string> Differs(const ArtifactFile& file);

  Settings settings_;
  std::string canonical_name_;
  std::filesystem::path served_path_;
  const platform::Clock& clock_;
  std::string own_token_;  // for reading back; never leaves the process
  std::string base_url_;
  std::optional<Served> served_;
  platform::CurlHttpClient client_{"sekisho-exporter"};

  std::shared_ptr<Shelf> shelf_;
  std::unique_ptr<Listener> listener_;
};

Result<void> HttpListExporter::Start() {
  Access access = Access::Anybody();
  const bool certificates = settings_.listen.tls && !settings_.listen.tls->client_ca.empty();
  std::vector<NamedKey> readers = settings_.readers;
  readers.push_back({"sekisho-exporter", policy::Sha256Of(own_token_)});
  if (!settings_.anonymous) {
    access = Access::Only(std::move(readers));
  } else if (certificates) {
    // Without a token, but not for everybody on this machine, where we read ourselves back.
    access = Access::CertificateOr(std::move(readers));
  }
  shelf_ = std::make_shared<Shelf>(settings_.lists, std::move(access), settings_.retry_after);
  auto served = http_list::ReadServed(served_path_);
  if (!served) {
    platform::Warn("{}", served.error().detail);
  } else if (*served) {
    if (auto ok = Serve(**served); !ok) return ok;
    served_ = std::move(*served);
  }
  return Listen();
}

Result<void> HttpListExporter::Listen() {
  auto listener = Listener::StartDeferring(
      settings_.listen, [shelf = shelf_](const auto& request, const auto& respond) {
        shelf->Respond(request, respond);
      });
  if (!listener) return tl::unexpected(std::move(listener.error()));
  listener_ = std::move(*listener);
  base_url_ = settings_.read_back_url.empty() ? listener_->local_url() : settings_.read_back_url;
  return {};
}

Profile HttpListExporter::profile() const {
  Profile profile{"sekisho http_list", {}, 0};
  std::set<std::string> kinds;
  for (const Variant& variant : settings_.lists) {
    for (const auto kind : variant.kinds) kinds.emplace(policy::Name(kind));
  }
  profile.kinds.assign(kinds.begin(), kinds.end());
  return profile;
}

Result<Artifact> HttpListExporter::Render(const policy::ListSnapshot& list) const {
  auto artifact = http_list::RenderVariants(list, settings_.lists, canonical_name_);
  if (!artifact || !settings_.signing_key) return artifact;
  auto ok = http_list::AddSignatures(*settings_.signing_key, list.digest(), *artifact);
  if (!ok) return tl::unexpected(std::move(ok.error()));
  return artifact;
}

Result<void> HttpListExporter::Serve(const Served& served) {
  auto artifact = Render(*served.list);
  if (!artifact) return tl::unexpected(std::move(artifact.error()));
  auto published = http_list::Publish(std::move(*artifact), settings_.lists, served.list,
                                      served.release, served.modified);
  if (!published) return tl::unexpected(std::move(published.error()));
  shelf_->Put(std::move(*published));
  return {};
}

Outcome<Proof> HttpListExporter::Apply(const Change& change) {
  const auto unchanged = [](const policy::Error& error) {
    return tl::unexpected(Failure{DeviceState::unchanged, error.detail});
  };
  // The same list again, say after a restart, is no modification to a client.
  const bool same = served_ && served_->list->id() == change.list.id();
  const Served next{std::make_shared<const policy::ListSnapshot>(change.list), change.release,
                    same ? served_->modified : clock_.Now()};
  // Rendered first, since that is what may refuse the list.
  if (auto artifact = Render(*next.list); !artifact) return unchanged(artifact.error());
  if (auto ok = http_list::WriteServed(served_path_, next); !ok) return unchanged(ok.error());
  if (auto ok = Serve(next); !ok) return PutBack(ok.error().detail);
  auto proof = ReadBack(*next.list);
  if (!proof) return PutBack(proof.error().reason);
  if (!proof->matches) return PutBack(proof->how);
  served_ = next;
  return proof;
}

Outcome<Proof> HttpListExporter::PutBack(const std::string& reason) {
  bool done = true;
  if (served_) {
    done =
        Serve(*served_).has_value() && http_list::WriteServed(served_path_, *served_).has_value();
  } else {
    shelf_->Put(nullptr);
    std::error_code error;
    std::filesystem::remove(served_path_, error);
    done = !error;
  }
  return tl::unexpected(Failure{done ? DeviceState::unchanged : DeviceState::changed,
                                reason + (done ? "; the former list is served again"
                                               : "; the former list could not be put back")});
}

// What the file's URL answers instead of it; empty if it answers exactly that.
Result<std::string> HttpListExporter::Differs(const ArtifactFile& file) {
  platform::HttpRequest request;
  request.url = base_url_ + http_list::PathOf(file.name);
  request.bearer_token = own_token_;
  request.allow_private_addresses = true;
  request.ca_file = settings_.read_back_ca;
  request.body_size_max = std::max<std::size_t>(file.bytes.size(), 1) + 64 * 1024;
  auto response = client_.Get(request);
  if (!response) return tl::unexpected(std::move(response.error()));
  if (response->status != 200) return request.url + " answered " + std::to_string(response->status);
  if (policy::Sha256Of(response->body) == policy::Sha256Of(file.bytes)) return std::string();
  return request.url + " answered another list";
}

Outcome<Proof> HttpListExporter::ReadBack(const policy::ListSnapshot& list) {
  listener_->RenewTls();
  const auto artifact = Render(list);
  if (!artifact) {
    return tl::unexpected(Failure{DeviceState::unchanged, artifact.error().detail});
  }
  for (const ArtifactFile& file : artifact->files) {
    auto difference = Differs(file);
    if (!difference) {
      return tl::unexpected(Failure{DeviceState::unknown, difference.error().detail});
    }
    if (!difference->empty()) return Proof{false, 0, 0, std::move(*difference)};
  }
  std::string how = "fetched " + std::to_string(artifact->files.size()) + " lists from " +
                    base_url_ + ", each with the SHA-256 that it should have";
  for (const ArtifactFile& file : artifact->files) {
    if (file.name != http_list::left_out_name) continue;
    const auto count = std::count(file.bytes.begin(), file.bytes.end(), '\n');
    how += "; " + std::to_string(count) +
           " entries that a list's format or device can't hold, or has no room for, are in " +
           http_list::PathOf(file.name);
  }
  Proof proof{true, artifact->enforced, artifact->not_enforceable, std::move(how)};
  proof.left_out = artifact->left_out;
  return proof;
}

}  // namespace

Result<std::unique_ptr<Exporter>> MakeHttpList(const config::Node& node,
                                               const Environment& environment) {
  auto settings = http_list::ReadSettings(node, CanonicalNameOf(environment.device));
  if (!settings) return tl::unexpected(std::move(settings.error()));
  auto token = platform::RandomBytes(32);
  if (!token) return tl::unexpected(std::move(token.error()));
  auto exporter = std::make_unique<HttpListExporter>(std::move(*settings), environment,
                                                     platform::ToHex(*token));
  if (environment.check_only) return exporter;
  if (auto ok = exporter->Start(); !ok) return tl::unexpected(std::move(ok.error()));
  return exporter;
}

}  // namespace exporters
