-- Expressions of PromQL can be monitored.
ALTER TYPE "datasource" ADD VALUE 'PROMETHEUS' BEFORE 'HOST';
