#include <string>
#include <utility>

#include "agent/api/services.h"
#include "agent/api/session_message.h"
#include "agent/oidc/sign_on.h"
#include "platform/log.h"
#include "sekisho/v1/single_sign_on.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
namespace v1 = sekisho::v1;

// A code of a provider's may be long.
constexpr std::size_t request_size_max = 16 * 1024;

// For what there has to be a provider for.
template <class Request, class Response>
void AddWith(MethodTable& table, std::string_view name, oidc::SignOn* sign_on,
             std::function<Result<Response>(Call&, const Request&, oidc::SignOn&)> handler) {
  table.AddForCall<Request, Response>(
      name,
      [sign_on, handler = std::move(handler)](Call& call,
                                              const Request& request) -> Result<Response> {
        if (sign_on == nullptr) {
          return Fail(ErrorCode::not_found,
                      "there is no single sign-on here: section oidc is not configured");
        }
        return handler(call, request, *sign_on);
      },
      request_size_max);
}

Result<v1::BeginResponse> Begin(Call& call, const std::string& session, oidc::SignOn& sign_on) {
  auto begun = sign_on.Begin(call.peer, session);
  if (!begun) return tl::unexpected(begun.error());
  call.new_sign_on = std::move(begun->browser);
  v1::BeginResponse response;
  response.set_url(begun->url);
  return response;
}

Result<v1::FinishResponse> Finish(Call& call, const v1::FinishRequest& request,
                                  oidc::SignOn& sign_on, people::People& people) {
  const auto finished =
      sign_on.Finish({request.code(), request.state(), request.iss(), request.error()},
                     call.sign_on, call.session);
  if (!finished) return tl::unexpected(finished.error());
  call.new_sign_on = "";
  v1::FinishResponse response;
  response.set_is_step_up(finished->is_confirmation);
  if (finished->is_confirmation) {
    const auto view = people.StepUpExternally(call.session, finished->person);
    if (!view) return tl::unexpected(view.error());
    *response.mutable_session() = SessionMessage(*view);
    return response;
  }
  auto opened = people.LogInExternally(finished->person, call.session);
  if (!opened) return tl::unexpected(opened.error());
  call.new_session = std::move(opened->secret);
  *response.mutable_session() = SessionMessage(opened->session);
  return response;
}

}  // namespace

void AddSingleSignOn(MethodTable& table, const Desk& desk) {
  oidc::SignOn* const sign_on = desk.sign_on;
  people::People& people = desk.people;
  table.AddForCall<v1::GetProviderRequest, v1::GetProviderResponse>(
      "sekisho.v1.SingleSignOn.GetProvider",
      [sign_on, &people](Call& call, const auto&) -> Result<v1::GetProviderResponse> {
        v1::GetProviderResponse response;
        if (sign_on == nullptr) return response;
        response.set_label(sign_on->settings().label);
        const auto session = people.Find(call.session, false);
        response.set_is_of_session(session && session->is_external);
        return response;
      },
      request_size_max);
  AddWith<v1::BeginRequest, v1::BeginResponse>(
      table, "sekisho.v1.SingleSignOn.Begin", sign_on,
      [](Call& call, const auto&, oidc::SignOn& with) { return Begin(call, "", with); });
  AddWith<v1::BeginStepUpRequest, v1::BeginResponse>(
      table, "sekisho.v1.SingleSignOn.BeginStepUp", sign_on,
      [](Call& call, const auto&, oidc::SignOn& with) -> Result<v1::BeginResponse> {
        if (call.session.empty()) {
          return Fail(ErrorCode::unauthenticated, "there is no session; log in");
        }
        return Begin(call, call.session, with);
      });
  AddWith<v1::FinishRequest, v1::FinishResponse>(
      table, "sekisho.v1.SingleSignOn.Finish", sign_on,
      [&people](Call& call, const auto& request, oidc::SignOn& with) {
        auto finished = Finish(call, request, with, people);
        if (!finished) {
          platform::Warn("single sign-on from {} failed: {}", call.peer, finished.error().detail);
        }
        return finished;
      });
}

}  // namespace agent::api
