#include "tests/cli/fake_agent.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>

#include "policy/digest.h"
#include "policy/time.h"
#include "proto/convert.h"

namespace cli::testing {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

policy::TimePoint At(const char* text) {
  return policy::ParseTime(text).value();
}

std::string DigestOf(const v1::Proposal& proposal) {
  return proto::ToBytes(policy::Sha256Of(proposal.kind() + " " + proposal.indicator()));
}

bool IsFromAlice(const ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find("authorization");
  return it != metadata.end() &&
         std::string(it->second.data(), it->second.size()) == std::string("Bearer ") + token;
}

}  // namespace

// ---- Feeds

void FakeFeeds::Add(const std::string& name) {
  v1::Feed& feed = feeds.emplace_back();
  feed.set_name(name);
  feed.set_url("https://feeds.example/" + name);
  feed.set_state("good");
  feed.set_observations(42);
  *feed.mutable_accepted_at() = proto::ToTimestamp(At("2026-11-24T10:00:00Z"));
}

Status FakeFeeds::ListFeeds(ServerContext*, const v1::ListFeedsRequest*,
                            v1::ListFeedsResponse* response) {
  for (const auto& feed : feeds) *response->add_feeds() = feed;
  response->mutable_missing_allowlists()->Assign(missing_allowlists.begin(),
                                                 missing_allowlists.end());
  return Status::OK;
}

Status FakeFeeds::RefreshFeeds(ServerContext*, const v1::RefreshFeedsRequest* request,
                               v1::RefreshFeedsResponse* response) {
  last_refresh = *request;
  for (const std::string& name : request->names()) {
    const auto it = std::find_if(feeds.begin(), feeds.end(),
                                 [&](const v1::Feed& feed) { return feed.name() == name; });
    if (it == feeds.end()) return {StatusCode::NOT_FOUND, "there is no feed " + name};
    if (name.starts_with("bad")) it->set_state("refused");
    *response->add_feeds() = *it;
  }
  return Status::OK;
}

Status FakeFeeds::Observe(ServerContext*, const v1::ObserveRequest* request,
                          v1::ObserveResponse* response) {
  pushes.push_back(*request);
  if (failures > 0) {
    --failures;
    return {StatusCode::RESOURCE_EXHAUSTED, "too much waits"};
  }
  for (int i = 0; i < request->observations_size(); ++i) {
    if (request->observations(i).indicator().find(' ') == std::string::npos) continue;
    auto& rejected = *response->add_rejected();
    rejected.set_index(static_cast<std::uint32_t>(i));
    rejected.set_reason("no indicator");
  }
  const auto good = request->observations_size() - response->rejected_size();
  const bool takes_none = request->all_or_nothing() && response->rejected_size() > 0;
  response->set_accepted(takes_none ? 0 : static_cast<std::uint64_t>(good));
  return Status::OK;
}

// ---- Queue

v1::Proposal& FakeQueue::Add(const std::string& kind, const std::string& indicator) {
  const auto id = static_cast<std::int64_t>(proposals.size()) + 1;
  v1::Proposal& proposal = proposals[id];
  proposal.set_id(id);
  proposal.set_kind(kind);
  proposal.set_indicator(indicator);
  proposal.set_state("pending");
  proposal.set_digest(DigestOf(proposal));
  *proposal.mutable_lifetime() = proto::ToDuration(std::chrono::hours(24 * 7));
  proposal.set_confidence(90);
  proposal.set_approvers_needed(1);
  proposal.set_proposed_by("policy");
  *proposal.mutable_proposed_at() = proto::ToTimestamp(At("2026-11-24T10:00:00Z"));
  proposal.add_feeds("urlhaus");
  return proposal;
}

Status FakeQueue::ListProposals(ServerContext*, const v1::ListProposalsRequest* request,
                                v1::ListProposalsResponse* response) {
  const std::int64_t after = request->page_token().empty() ? 0 : std::stoll(request->page_token());
  for (const auto& [id, proposal] : proposals) {
    if (!request->kind().empty() && proposal.kind() != request->kind()) continue;
    if (proposal.indicator().find(request->filter()) == std::string::npos) continue;
    response->set_total(response->total() + 1);
    if (id <= after) continue;
    if (response->proposals_size() == static_cast<int>(request->limit())) {
      response->set_next_page_token(std::to_string(response->proposals().rbegin()->id()));
      continue;
    }
    *response->add_proposals() = proposal;
  }
  return Status::OK;
}

Status FakeQueue::GetProposal(ServerContext*, const v1::GetProposalRequest* request,
                              v1::GetProposalResponse* response) {
  const auto it = proposals.find(request->id());
  if (it == proposals.end()) {
    return {StatusCode::NOT_FOUND, "there is no proposal " + std::to_string(request->id())};
  }
  *response->mutable_proposal() = it->second;
  return Status::OK;
}

Status FakeQueue::Watch(ServerContext*, const v1::WatchRequest*, v1::WatchResponse* response) {
  v1::Presence& bob = *response->add_others();
  bob.set_name("bob");
  bob.set_id(2);
  return Status::OK;
}

Status FakeQueue::Claim(ServerContext*, const v1::ClaimRequest* request,
                        v1::ClaimResponse* response) {
  for (const std::int64_t id : request->ids()) {
    if (id != 2) continue;
    v1::Claim& claim = *response->add_others();
    claim.set_id(id);
    claim.set_name("bob");
  }
  return Status::OK;
}

Status FakeQueue::Select(const v1::DecideRequest& request, std::vector<v1::Proposal*>& selected) {
  for (int i = 0; i < request.ids_size(); ++i) {
    v1::Proposal& proposal = proposals.at(request.ids(i));
    if (request.digests(i) != DigestOf(proposal)) {
      return {StatusCode::ABORTED, "proposal " + std::to_string(proposal.id()) + " changed"};
    }
    selected.push_back(&proposal);
  }
  for (auto& [id, proposal] : proposals) {
    const bool matches = !request.filter().empty() && proposal.state() == "pending" &&
                         proposal.indicator().find(request.filter()) != std::string::npos;
    if (matches) selected.push_back(&proposal);
  }
  if (request.has_expected_count() && request.expected_count() != selected.size()) {
    return {StatusCode::ABORTED, std::to_string(selected.size()) + " match now"};
  }
  return Status::OK;
}

Status FakeQueue::Decide(ServerContext*, const v1::DecideRequest* request,
                         v1::DecideResponse* response) {
  decisions.push_back(*request);
  std::vector<v1::Proposal*> selected;
  if (const Status status = Select(*request, selected); !status.ok()) return status;
  response->set_matched(selected.size());
  if (selected.size() > at_once_max && !request->dry_run()) {
    response->set_bulk(1);
    return Status::OK;
  }
  for (v1::Proposal* proposal : selected) {
    *response->add_sample() = *proposal;
    if (request->dry_run()) continue;
    if (proposal->proposed_by() == "alice") {
      v1::Refusal& refusal = *response->add_refused();
      refusal.set_id(proposal->id());
      refusal.set_indicator(proposal->indicator());
      refusal.set_reason("you proposed it yourself");
      continue;
    }
    proposal->set_state(request->verdict() == v1::DecideRequest::VERDICT_APPROVE  ? "approved"
                        : request->verdict() == v1::DecideRequest::VERDICT_REJECT ? "rejected"
                                                                                  : "deferred");
    response->set_decided(response->decided() + 1);
  }
  if (request->dry_run()) {
    after_dry_run();
  } else {
    response->set_release(8);
  }
  return Status::OK;
}

// ---- Bulk decisions

Status FakeBulk::ListBulk(ServerContext*, const v1::ListBulkRequest* request,
                          v1::ListBulkResponse* response) {
  const bool is_running = looks-- > 0;
  if (!is_running && request->id() == 0 && !request->all()) return Status::OK;
  v1::BulkDecision& shown = *response->add_decisions();
  shown = decision;
  if (is_running) shown.set_state("running");
  return Status::OK;
}

Status FakeBulk::CancelBulk(ServerContext*, const v1::CancelBulkRequest* request,
                            v1::BulkDecision* response) {
  if (request->id() != decision.id()) return {StatusCode::NOT_FOUND, "no such decision"};
  decision.set_state("cancelled");
  decision.set_ended_because("alice: " + request->reason());
  *response = decision;
  return Status::OK;
}

// ---- Blocks

v1::Block& FakeBlocks::Add(const std::string& kind, const std::string& indicator) {
  v1::Block& block = blocks.emplace_back();
  block.set_id(static_cast<std::int64_t>(blocks.size()));
  block.set_kind(kind);
  block.set_indicator(indicator);
  block.add_approved_by("alice");
  block.set_added_release(7);
  *block.mutable_expires_at() = proto::ToTimestamp(At("2026-12-01T10:00:00Z"));
  block.set_reason("c2");
  return block;
}

Status FakeBlocks::ListBlocks(ServerContext*, const v1::ListBlocksRequest* request,
                              v1::ListBlocksResponse* response) {
  for (const auto& block : blocks) {
    if (block.removed_release() == 0 || request->include_removed()) {
      *response->add_blocks() = block;
    }
  }
  response->set_total(static_cast<std::uint64_t>(response->blocks_size()));
  return Status::OK;
}

Status FakeBlocks::AddBlock(ServerContext*, const v1::AddBlockRequest* request,
                            v1::AddBlockResponse* response) {
  if (request->indicator() == "microsoft.com") {
    return {StatusCode::PERMISSION_DENIED, "microsoft.com is on the allowlist"};
  }
  v1::Proposal& proposal = queue_.Add("domain", request->indicator());
  proposal.set_proposed_by("alice");
  *proposal.mutable_lifetime() = request->lifetime();
  *response->mutable_proposal() = proposal;
  return Status::OK;
}

Status FakeBlocks::RevokeBlocks(ServerContext*, const v1::RevokeBlocksRequest* request,
                                v1::RevokeBlocksResponse* response) {
  for (auto& block : blocks) {
    const bool is_named =
        std::find(request->ids().begin(), request->ids().end(), block.id()) != request->ids().end();
    if (!is_named && block.indicator() != request->indicator()) continue;
    block.set_removed_release(8);
    block.set_removed_because("revoked by alice");
    response->set_revoked(response->revoked() + 1);
  }
  if (response->revoked() == 0) return {StatusCode::NOT_FOUND, "nothing of it is in force"};
  response->set_release(8);
  return Status::OK;
}

Status FakeBlocks::RenewBlocks(ServerContext*, const v1::RenewBlocksRequest* request,
                               v1::RenewBlocksResponse* response) {
  for (const std::int64_t id : request->ids()) {
    v1::Block& block = blocks.at(static_cast<std::size_t>(id) - 1);
    if (block.removed_release() != 0) {
      v1::Refusal& refusal = *response->add_refused();
      refusal.set_id(id);
      refusal.set_indicator(block.indicator());
      refusal.set_reason("it has ended");
    } else if (id == 2) {
      response->set_awaiting(response->awaiting() + 1);
    } else {
      block.set_reason(request->reason());
      response->set_renewed(response->renewed() + 1);
      response->set_release(9);
    }
  }
  return Status::OK;
}

Status FakeBlocks::Why(ServerContext*, const v1::WhyRequest* request, v1::WhyResponse* response) {
  last_why = *request;
  *response = why;
  return Status::OK;
}

// ---- Releases

FakeReleases::FakeReleases() {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    v1::Release& release = releases.emplace_back();
    release.set_number(number);
    *release.mutable_at() = proto::ToTimestamp(At("2026-11-24T10:00:00Z"));
    release.set_cause("approved by alice");
    v1::ReleaseList& list = *release.add_lists();
    list.set_list("dns");
    list.set_count(number * 10);
    list.set_digest(std::string(32, '\xab'));
  }
  v1::Brake& brake = brakes.emplace_back();
  brake.set_id(4);
  brake.set_direction("add");
  brake.set_reason("more than 20 % at once");
  brake.set_held(900);
}

Status FakeReleases::ListReleases(ServerContext*, const v1::ListReleasesRequest* request,
                                  v1::ListReleasesResponse* response) {
  for (auto it = releases.rbegin(); it != releases.rend(); ++it) {
    if (request->before() != 0 && it->number() >= request->before()) continue;
    if (response->releases_size() == static_cast<int>(request->limit())) break;
    *response->add_releases() = *it;
  }
  return Status::OK;
}

Status FakeReleases::GetRelease(ServerContext*, const v1::GetReleaseRequest* request,
                                v1::GetReleaseResponse* response) {
  if (request->number() > releases.size()) return {StatusCode::NOT_FOUND, "no such release"};
  *response->mutable_release() =
      request->number() == 0 ? releases.back() : releases[request->number() - 1];
  if (request->list() == "dns") response->mutable_lines()->Assign(lines.begin(), lines.end());
  return Status::OK;
}

Status FakeReleases::DiffReleases(ServerContext*, const v1::DiffReleasesRequest*,
                                  v1::DiffReleasesResponse* response) {
  v1::Block& added = *response->add_added();
  added.set_kind("domain");
  added.set_indicator("new.example");
  added.set_reason("c2");
  v1::Block& removed = *response->add_removed();
  removed.set_kind("ip");
  removed.set_indicator("192.0.2.1/32");
  removed.set_removed_because("expired");
  return Status::OK;
}

Status FakeReleases::ListBrakes(ServerContext*, const v1::ListBrakesRequest*,
                                v1::ListBrakesResponse* response) {
  for (const auto& brake : brakes) *response->add_brakes() = brake;
  return Status::OK;
}

Status FakeReleases::ReleaseBrake(ServerContext*, const v1::ReleaseBrakeRequest* request,
                                  v1::ReleaseBrakeResponse* response) {
  const auto released =
      std::erase_if(brakes, [&](const v1::Brake& brake) { return brake.id() == request->id(); });
  if (released == 0) return {StatusCode::NOT_FOUND, "there is no such brake"};
  response->set_release(9);
  return Status::OK;
}

// ---- Emergencies

v1::Emergency& FakeEmergencies::Add(const std::string& act, const std::string& indicator,
                                    const std::string& reason) {
  v1::Emergency& emergency = emergencies.emplace_back();
  emergency.set_id(static_cast<std::int64_t>(emergencies.size()));
  emergency.set_act(act);
  emergency.set_indicator(indicator);
  emergency.set_actor("alice");
  emergency.set_reason(reason);
  emergency.set_state("open");
  return emergency;
}

Status FakeEmergencies::BlockNow(ServerContext*, const v1::BlockNowRequest* request,
                                 v1::EmergencyResponse* response) {
  for (const std::string& indicator : request->indicators()) {
    *response->add_emergencies() = Add("block", indicator, request->reason());
  }
  return Status::OK;
}

Status FakeEmergencies::UnblockNow(ServerContext*, const v1::UnblockNowRequest* request,
                                   v1::EmergencyResponse* response) {
  unblocks.push_back(*request);
  v1::Block& block = *response->add_blocks();
  block.set_id(7);
  block.set_kind("domain");
  block.set_indicator(request->indicator());
  if (request->dry_run()) return Status::OK;
  v1::Emergency& emergency = Add("unblock", request->indicator(), request->reason());
  emergency.set_within(request->within());
  *response->add_emergencies() = emergency;
  return Status::OK;
}

Status FakeEmergencies::ListEmergencies(ServerContext*, const v1::ListEmergenciesRequest* request,
                                        v1::ListEmergenciesResponse* response) {
  for (const v1::Emergency& each : emergencies) {
    if (request->all() || each.state() == "open") *response->add_emergencies() = each;
  }
  return Status::OK;
}

Status FakeEmergencies::Review(ServerContext*, const v1::ReviewRequest* request,
                               v1::EmergencyResponse* response) {
  reviews.push_back(*request);
  v1::Emergency& emergency = emergencies.at(static_cast<std::size_t>(request->id()) - 1);
  if (emergency.state() != "open") return {StatusCode::ABORTED, "it is confirmed already"};
  emergency.set_state("confirmed");
  emergency.set_reviewer("bob");
  *response->add_emergencies() = emergency;
  return Status::OK;
}

// ---- Unblock requests

v1::UnblockRequest& FakeUnblockRequests::Add(const std::string& indicator,
                                             const std::string& note) {
  v1::UnblockRequest& request = requests.emplace_back();
  request.set_id(static_cast<std::int64_t>(requests.size()));
  request.set_indicator(indicator);
  request.set_note(note);
  request.set_state("open");
  return request;
}

Status FakeUnblockRequests::ListUnblockRequests(ServerContext*,
                                                const v1::ListUnblockRequestsRequest* request,
                                                v1::ListUnblockRequestsResponse* response) {
  for (const v1::UnblockRequest& each : requests) {
    if (request->all() || each.state() == "open") *response->add_requests() = each;
  }
  return Status::OK;
}

Status FakeUnblockRequests::GetUnblockRequest(ServerContext*,
                                              const v1::GetUnblockRequestRequest* request,
                                              v1::GetUnblockRequestResponse* response) {
  *response->mutable_request() = requests.at(static_cast<std::size_t>(request->id()) - 1);
  response->mutable_why()->set_indicator(response->request().indicator());
  response->mutable_why()->set_summary(response->request().indicator() + " is blocked.");
  return Status::OK;
}

Status FakeUnblockRequests::Answer(std::int64_t id, const std::string& state,
                                   const std::string& answer, v1::AnswerResponse& response) {
  v1::UnblockRequest& request = requests.at(static_cast<std::size_t>(id) - 1);
  if (request.state() != "open") return {StatusCode::ABORTED, "it is answered already"};
  request.set_state(state);
  request.set_answer(answer);
  request.set_answered_by("alice");
  *response.add_requests() = request;
  return Status::OK;
}

Status FakeUnblockRequests::Decline(ServerContext*, const v1::DeclineRequest* request,
                                    v1::AnswerResponse* response) {
  return Answer(request->id(), "declined", request->reason(), *response);
}

Status FakeUnblockRequests::Grant(ServerContext*, const v1::GrantRequest* request,
                                  v1::AnswerResponse* response) {
  grants.push_back(*request);
  return Answer(request->id(), "granted", request->reason(), *response);
}

// ---- Notifications

Status FakeNotifications::ListNotifications(ServerContext*, const v1::ListNotificationsRequest*,
                                            v1::ListNotificationsResponse* response) {
  *response = list;
  return Status::OK;
}

Status FakeNotifications::SendTest(ServerContext*, const v1::SendTestRequest* request,
                                   v1::SendTestResponse*) {
  if (request->channel() != "soc") return {StatusCode::NOT_FOUND, "there is no such channel"};
  tests.push_back(request->channel());
  return Status::OK;
}

// ---- Devices

void FakeDevices::Add(const std::string& name, const std::string& state) {
  v1::Device& device = devices.emplace_back();
  device.set_name(name);
  device.set_list("dns");
  device.set_exporter("rpz");
  device.set_state(state);
  device.set_wanted_release(8);
  device.set_applied_release(state == "behind" ? 7 : 8);
}

Status FakeDevices::ListDevices(ServerContext* context, const v1::ListDevicesRequest*,
                                v1::ListDevicesResponse* response) {
  if (!IsFromAlice(*context)) return {StatusCode::UNAUTHENTICATED, "no such token"};
  for (const auto& device : devices) *response->add_devices() = device;
  for (const auto& certificate : certificates) *response->add_certificates() = certificate;
  return status;
}

// ---- The agent

FakeAgent::FakeAgent() {
  // gRPC reads the real clock.
  const platform::Validity always{At("2020-01-01"), At("2049-01-01")};
  ca_ = platform::MakeCa("test CA", always).value();
  platform::CertificateRequest request;
  request.common_name = "agent";
  request.ip_addresses = {"127.0.0.1"};
  const auto mine = platform::IssueCertificate(ca_, request, always).value();
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  tls.pem_key_cert_pairs = {{mine.key_pem, mine.certificate_pem}};
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port_);
  builder.RegisterService(&feeds);
  builder.RegisterService(&queue);
  builder.RegisterService(&blocks);
  builder.RegisterService(&bulk);
  builder.RegisterService(&releases);
  builder.RegisterService(&devices);
  builder.RegisterService(&emergencies);
  builder.RegisterService(&unblock_requests);
  builder.RegisterService(&notifications);
  builder.RegisterService(&allowlists);
  builder.RegisterService(&standing);
  builder.RegisterService(&history);
  server_ = builder.BuildAndStart();
}

FakeAgent::~FakeAgent() {
  server_->Shutdown(std::chrono::system_clock::now());
}

}  // namespace cli::testing
