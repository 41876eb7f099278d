/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP status of each error code that a request can meet; what is not listed goes by its class.
 * How to add one: a row.
 */
#include "http.h"

#include <base/cleanup.h>

static const struct {
	int code, status;
} rows[] = {
	{ERR_NOT_FOUND, 404},
	{ERR_EXISTS, 409},
	{ERR_TOO_BIG, 413},
	{ERR_INVALID, 400},
	{ERR_JSON, 400},
	{ERR_JSON_DEPTH, 400},
	{ERR_FIELD_MISSING, 400},
	{ERR_FIELD_UNKNOWN, 400},
	{ERR_FIELD_TYPE, 400},
	{ERR_FIELD_RANGE, 400},
	{ERR_UNSUPPORTED, 400},
	{ERR_TIMEOUT, 503},
	{ERR_HTTP_ROUTE, 404},
	{ERR_HTTP_METHOD, 405},
	{ERR_HTTP_LISTENER, 404},
	{ERR_AUTH_MISSING, 401},
	{ERR_AUTH_TOKEN, 401},
	{ERR_AUTH_SCOPE, 403},
	{ERR_AUTH_CERT, 403},
	{ERR_AUTH_ORIGIN, 403},
	{ERR_AUTH_PEER, 403},
	{ERR_RATE, 429},
	{ERR_BUSY, 503},
	{ERR_CONFLICT, 409},
	{ERR_PRECONDITION, 412},
	{ERR_KEY_REUSED, 422},
	{ERR_PROTOCOL_VERSION, 400},
	{ERR_HOST_UNKNOWN, 404},
	{ERR_IDENTITY_PENDING, 409},
	{ERR_EXPECT_REVISION, 412},
	{ERR_KEY_CONFLICT, 422},
	{ERR_CSV, 400},
	{ERR_DB_BUSY, 503},
	{ERR_DB_LOST, 503},
	{ERR_DB_SLOW, 503},
	{ERR_DB_FULL, 507},
	{ERR_DB_CONSTRAINT, 409},
	{ERR_HOST_AMBIGUOUS, 409},
	{ERR_ENROL_REFUSED, 403},
	{ERR_HOST_QUARANTINED, 409},
	{ERR_HOST_LOCAL, 409},
	{ERR_SESSION_OVER, 410},
	{ERR_SESSION_KEY, 403},
	{ERR_SESSION_EPOCH, 409},
	{ERR_SESSION_OTHER, 409},
	{ERR_GUARD_CODE, 409},
	{ERR_SESSION_GAP, 409},
	{ERR_FIRST_BOOT_TOKEN, 403},
	{ERR_GUARD_STOPPED, 403},
	{ERR_GUARD_CAP, 403},
	{ERR_GUARD_ARM_MISSING, 403},
	{ERR_GUARD_ARM_USED, 403},
	{ERR_GUARD_ARM_EXPIRED, 403},
	{ERR_GUARD_ARM_OTHER, 403},
	{ERR_GUARD_DISK_OTHER, 403},
	{ERR_GUARD_DISK_NONE, 403},
	{ERR_GUARD_DISK_AMBIGUOUS, 403},
	{ERR_GUARD_DISK_SMALL, 403},
	{ERR_GUARD_DISK_REMOTE, 403},
	{ERR_GUARD_DISK_CHANGED, 403},
	{ERR_GUARD_DATA, 403},
	{ERR_GUARD_SHARED_FS, 403},
	{ERR_GUARD_ARCH, 403},
	{ERR_GUARD_IN_SERVICE, 403},
	{ERR_GUARD_PLAN, 409},
	{ERR_GUARD_PLAN_MISSING, 409},
	{ERR_GUARD_PERSON, 403},
	{ERR_GUARD_SECOND_PERSON, 403},
	{ERR_ORDER_OVER, 409},
	{ERR_GUARD_SELECTOR, 400},
	{ERR_GUARD_SELF, 403},
	{ERR_GUARD_IMAGE, 403},
	{ERR_IMAGE_DAMAGED, 409},
	{ERR_IMAGE_ROLLBACK, 409},
	{ERR_IMAGE_UPLOAD, 409},
};

int http_status_of(int err_code)
{
	if (err_code < 0)
		err_code = -err_code;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == err_code)
			return rows[i].status;
	/* not listed: by its class, so that nobody is told that we broke when their input was wrong
	 */
	enum err_class class = err_class(err_code);
	return class == ERR_CLASS_REJECT ? 422 : class == ERR_CLASS_RETRY ? 503 : 500;
}
