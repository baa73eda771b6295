#include <string>
#include <utility>

#include "agent/api/services.h"
#include "agent/api/session_message.h"
#include "sekisho/v1/people.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
namespace v1 = sekisho::v1;

// Anybody may send one, and what they name is remembered for a while.
constexpr std::size_t request_size_max = 4096;

template <class Response>
Result<Response> WithSession(const Result<people::SessionView>& view) {
  if (!view) return tl::unexpected(view.error());
  Response response;
  *response.mutable_session() = SessionMessage(*view);
  return response;
}

Result<v1::LogInResponse> Enter(Call& call, Result<people::Opened> opened) {
  if (!opened) return tl::unexpected(opened.error());
  call.new_session = std::move(opened->secret);
  return WithSession<v1::LogInResponse>(std::move(opened->session));
}

template <class Response>
Result<Response> Done(const Result<void>& done) {
  if (!done) return tl::unexpected(done.error());
  return Response();
}

// For what is about the session itself: a token has none.
template <class Request, class Response>
void AddOwn(MethodTable& table, std::string_view name,
            MethodTable::CallHandler<Request, Response> handler) {
  table.AddForCall<Request, Response>(
      name,
      [handler = std::move(handler)](Call& call, const Request& request) -> Result<Response> {
        if (call.session.empty()) {
          return Fail(ErrorCode::unauthenticated, "there is no session; log in");
        }
        return handler(call, request);
      },
      request_size_max);
}

void AddOneTimeCodes(MethodTable& table, people::People& people) {
  AddOwn<v1::SetUpOneTimeCodeRequest, v1::SetUpOneTimeCodeResponse>(
      table, "sekisho.v1.Sessions.SetUpOneTimeCode",
      [&people](Call& call, const auto& request) -> Result<v1::SetUpOneTimeCodeResponse> {
        auto link = people.SetUpOneTimeCode(call.session, request.password(),
                                            request.one_time_code(), call.peer);
        if (!link) return tl::unexpected(link.error());
        v1::SetUpOneTimeCodeResponse response;
        response.set_link(*link);
        return response;
      });
  AddOwn<v1::ConfirmOneTimeCodeRequest, v1::ConfirmOneTimeCodeResponse>(
      table, "sekisho.v1.Sessions.ConfirmOneTimeCode", [&people](Call& call, const auto& request) {
        return Done<v1::ConfirmOneTimeCodeResponse>(
            people.ConfirmOneTimeCode(call.session, request.one_time_code()));
      });
}

}  // namespace

void AddSessions(MethodTable& table, const Desk& desk) {
  people::People& people = desk.people;
  table.AddForCall<v1::LogInRequest, v1::LogInResponse>(
      "sekisho.v1.Sessions.LogIn",
      [&people](Call& call, const auto& request) {
        return Enter(call, people.LogIn(request.name(), request.password(), request.one_time_code(),
                                        call.peer, call.session));
      },
      request_size_max);
  table.AddForCall<v1::RedeemRequest, v1::LogInResponse>(
      "sekisho.v1.Sessions.Redeem",
      [&people](Call& call, const auto& request) {
        return Enter(call, people.Redeem(request.token(), request.name(), request.password()));
      },
      request_size_max);
  AddOwn<v1::LogOutRequest, v1::LogOutResponse>(
      table, "sekisho.v1.Sessions.LogOut", [&desk, &people](Call& call, const auto&) {
        call.new_session = "";
        desk.claims->ReleaseAll(call.caller.name, desk.clock.Now());
        return Done<v1::LogOutResponse>(people.LogOut(call.session));
      });
  AddOwn<v1::GetSessionRequest, v1::GetSessionResponse>(
      table, "sekisho.v1.Sessions.GetSession", [&people](Call& call, const auto&) {
        return WithSession<v1::GetSessionResponse>(people.Find(call.session));
      });
  AddOwn<v1::StepUpRequest, v1::StepUpResponse>(
      table, "sekisho.v1.Sessions.StepUp", [&people](Call& call, const auto& request) {
        return WithSession<v1::StepUpResponse>(
            people.StepUp(call.session, request.password(), request.one_time_code(), call.peer));
      });
  AddOwn<v1::ChangePasswordRequest, v1::ChangePasswordResponse>(
      table, "sekisho.v1.Sessions.ChangePassword", [&people](Call& call, const auto& request) {
        return Done<v1::ChangePasswordResponse>(
            people.ChangePassword(call.session, request.old_password(), request.new_password(),
                                  request.one_time_code(), call.peer));
      });
  AddOneTimeCodes(table, people);
}

}  // namespace agent::api
