-- A server that runs hears at once of keys that are made, changed or revoked beside it. When a key was last used changes nothing.
CREATE FUNCTION "notify_api_key"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lapwing_api_key', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER "api_key_changed"
AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF "id", "name", "hash", "scopes", "account_id", "expires_at", "revoked_at" ON "api_key"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_api_key"();
