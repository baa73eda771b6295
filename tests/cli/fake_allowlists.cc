#include "tests/cli/fake_allowlists.h"

namespace cli::testing {

grpc::Status FakeAllowlists::ListAllowlists(grpc::ServerContext*, const v1::ListAllowlistsRequest*,
                                            v1::ListAllowlistsResponse* response) {
  v1::Allowlist& cdn = *response->add_allowlists();
  cdn.set_name("cdn");
  cdn.set_category("cdn");
  cdn.set_effect("never");
  cdn.set_origin("source");
  cdn.set_is_missing(true);
  v1::Allowlist& own = *response->add_allowlists();
  own.set_name("own entries");
  own.set_category("legitimate-service");
  own.set_effect("never");
  own.set_origin("people");
  own.set_entries(entries.size());
  response->mutable_entries()->Assign(entries.begin(), entries.end());
  return grpc::Status::OK;
}

grpc::Status FakeAllowlists::SearchAllowlists(grpc::ServerContext*,
                                              const v1::SearchAllowlistsRequest* request,
                                              v1::SearchAllowlistsResponse* response) {
  for (const v1::AllowEntry& entry : entries) {
    if (entry.match().find(request->query()) == std::string::npos) continue;
    v1::AllowlistMatch& match = *response->add_matches();
    match.set_allowlist("own entries");
    match.set_entry(entry.match());
    match.set_relation("text");
  }
  return grpc::Status::OK;
}

grpc::Status FakeAllowlists::AddAllowEntry(grpc::ServerContext*,
                                           const v1::AddAllowEntryRequest* request,
                                           v1::AllowEntryResponse* response) {
  last_add = *request;
  v1::AllowEntry& entry = *response->mutable_entry();
  entry.set_match(request->match());
  entry.set_subtree(!request->exact());
  entry.set_effect(request->effect());
  entry.set_owner(request->owner());
  entry.set_reason(request->reason());
  if (request->dry_run()) {
    response->mutable_effects()->add_leaving("www." + request->match());
    response->mutable_effects()->set_leaving_total(2);
    return grpc::Status::OK;
  }
  entry.set_id(static_cast<std::int64_t>(entries.size()) + 1);
  entries.push_back(entry);
  return grpc::Status::OK;
}

grpc::Status FakeAllowlists::RemoveAllowEntry(grpc::ServerContext*,
                                              const v1::RemoveAllowEntryRequest* request,
                                              v1::AllowEntryResponse* response) {
  if (request->id() < 1 || static_cast<std::size_t>(request->id()) > entries.size()) {
    return {grpc::StatusCode::NOT_FOUND, "no such entry"};
  }
  v1::AllowEntry& entry = entries[static_cast<std::size_t>(request->id()) - 1];
  entry.set_removal_asked_by("alice");
  *response->mutable_entry() = entry;
  return grpc::Status::OK;
}

}  // namespace cli::testing
